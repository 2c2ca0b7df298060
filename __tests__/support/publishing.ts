import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from './checkout.ts';
import type { Fault } from './fault-proxy/faults.ts';
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts';
import { type Openstack, startOpenstack } from './openstack.ts';
import type { PublishableBuild } from './publishing/build.ts';
import { sendSignal } from './runner/process-tree.ts';
import { type Program, type ProgramResult, startProgram } from './stand-in/program.ts';

const services = ['keystone', 'glance', 'trove'] as const;
export type Service = (typeof services)[number];

/** A real cloud that is reached through proxies which do harm on purpose. */
export interface PublishingSite {
  readonly directory: string;
  readonly stack: Openstack;
  readonly proxies: Readonly<Record<Service, FaultProxy>>;
  /** Replaces the faults of a service; those of the others stay. */
  setFaults(service: Service, faults: readonly Fault[]): void;
  /** No faults any more, anywhere. */
  heal(): void;
  /** Sets the clock ahead that Glance shows to publishers: for them, runs that were killed are dead then. */
  passTime(ms: number): void;
  /** Starts `trove-image` in a process group of its own. */
  start(words: readonly string[], options?: StartOptions): Program;
  close(): Promise<void>;
}

export interface StartOptions {
  /**
   * Whether the official client really runs. Each start of it takes a second or more; its first answers, which hold for
   * an hour, are given again unless this is set.
   */
  readonly freshLogin?: boolean;
}

/** What is published, and how. */
export interface PublishWords {
  readonly line: string;
  readonly tags: readonly string[];
  readonly cloud?: string;
  readonly visibility?: string;
  readonly more?: readonly string[];
}

/** The end of a run of `trove-image publish --json`. */
export interface Published {
  readonly exitCode: number | null;
  /** Null when it ended without a report. */
  readonly outcome: string | null;
  /** Code of the first cloud's trouble, or of the run's. */
  readonly code: string | null;
  readonly log: string;
  readonly seconds: number;
}

/** Starts a cloud, three proxies before it, and a clouds.yaml that leads through them. */
export async function startPublishingSite(): Promise<PublishingSite> {
  const directory = mkdtempSync(join(tmpdir(), 'publishing-'));
  const stack = await startOpenstack({ hours: 1 });
  const origins = services.map((name) => new URL(stack.urls[name]).origin);
  const [keystone, glance, trove] = await Promise.all(origins.map((url) => startFaultProxy(url)));
  if (!keystone || !glance || !trove) throw new Error('a proxy is missing');
  const proxies = { keystone, glance, trove };
  const cloudsYaml = join(directory, 'clouds.yaml');
  writeFileSync(cloudsYaml, describeClouds(stack, proxies));
  const kept = writeKeptClient(directory);
  const faults = new Map<Service, readonly Fault[]>();
  let aheadMs = 0;
  const apply = (): void => {
    const clock: Fault = { method: '*', path: /./, effect: { kind: 'clock', aheadMs } };
    for (const name of services) {
      const own = faults.get(name) ?? [];
      proxies[name].setFaults(name === 'glance' ? [...own, clock] : own);
    }
  };
  return {
    ...{ directory, stack, proxies },
    setFaults(service, list) {
      faults.set(service, list);
      apply();
    },
    heal() {
      faults.clear();
      apply();
    },
    passTime(ms) {
      aheadMs += ms;
      apply();
    },
    start(words, { freshLogin = false } = {}) {
      const path = freshLogin ? '/usr/bin:/bin' : `${kept}:/usr/bin:/bin`;
      return startProgram(
        [process.execPath, join(projectDirectory, 'bin', 'trove-image'), ...words],
        {
          cwd: directory,
          environment: { PATH: path, HOME: directory, OS_CLIENT_CONFIG_FILE: cloudsYaml },
          timeLimitMs: 300_000,
        },
      );
    },
    async close() {
      await Promise.all(services.map((name) => proxies[name].close()));
      await stack.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

/** The words that publish a build. */
export const publishWords = (
  { imagePath }: PublishableBuild,
  { line, tags, cloud = 'publisher', visibility = 'public', more = [] }: PublishWords,
): readonly string[] => [
  'publish',
  ...['--image-path', imagePath],
  ...['--cloud', cloud],
  ...['--glance-name', line],
  ...['--tags', tags.join(' ')],
  ...['--visibility', visibility],
  ...['--keep', '2', '--grace-period', '0'],
  ...['--json', ...more],
];

/** Ends a run at once, with every process that it has started. */
export function killGroup({ child }: Program): void {
  if (child.pid === undefined) throw new Error('the run has not started');
  if (child.exitCode === null && child.signalCode === null) sendSignal(-child.pid, 'SIGKILL');
}

/** Reads what a run has printed last. */
export function readPublished({ status, stdout, stderr, durationMs }: ProgramResult): Published {
  const last = stdout.trim().split('\n').at(-1) ?? '';
  const report = last.startsWith('{') ? JSON.parse(last) : null;
  const code = report?.clouds?.[0]?.code ?? /\[([a-z-]+)\]/.exec(stderr)?.[1] ?? null;
  return {
    ...{ exitCode: status, outcome: report?.outcome ?? null, code },
    ...{ log: stderr, seconds: durationMs / 1000 },
  };
}

/** The clouds of the stack, whose services are behind the proxies. */
function describeClouds(stack: Openstack, { keystone, glance, trove }: PublishingSite['proxies']) {
  const overrides = [
    `image_endpoint_override: ${glance.url}`,
    `database_endpoint_override: ${trove.url}/v1.0/%(project_id)s`,
  ];
  return readFileSync(stack.cloudsYaml, 'utf8')
    .replaceAll(stack.urls.keystone, `${keystone.url}/v3`)
    .replace(/^ {2}\w+:$/gm, (name) => [name, ...overrides].join('\n    '));
}

/** A client that gives the answers of the official one again; the directory to look for it in. */
function writeKeptClient(directory: string): string {
  const folder = join(directory, 'client');
  mkdirSync(folder);
  const text = `#!/bin/bash
set -eu
input=$(cat)
answer=${folder}/answer-$(printf '%s\\n' "\${OS_CLOUD:-}" "$input" "$@" | md5sum | cut -c1-32)
if [ ! -f "$answer" ]; then
    /usr/bin/openstack "$@" <<< "$input" > "$answer.$$"
    mv "$answer.$$" "$answer"
fi
cat "$answer"
`;
  writeFileSync(join(folder, 'openstack'), text);
  chmodSync(join(folder, 'openstack'), 0o755);
  return folder;
}
