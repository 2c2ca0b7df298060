import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { makeCheckout } from '../../support/checkout.ts';
import { listGuestImages } from '../../support/guest-docker.ts';
import {
  explainMissingIndex,
  type PythonIndex,
  startPythonIndex,
} from '../../support/python-index.ts';
import { makeImage } from '../../support/registry/image.ts';
import { login, type Registry, startRegistry } from '../../support/registry.ts';
import { readResidue } from '../../support/residue.ts';
import {
  commitAgentCode,
  firstCode,
  type MadeTree,
  makeTroveTree,
  readRecord,
  recordPath,
} from '../../support/trove-tree.ts';

const MINUTE_MS = 60_000;
const release = 'bookworm';
const directory = mkdtempSync('/var/tmp/source-test-');
const checkout = join(directory, 'checkout');
const cache = join(directory, 'cache');
const image = makeImage('mysql 8.4');
const rootPassword = 'canary-Root-5d1f';
const privateKey = '-----BEGIN EXAMPLE KEY-----\ncanary-Key-77aa\n-----END EXAMPLE KEY-----\n';
const units = ['guest-agent.service', 'docker-hostnic.socket', 'trove-image-loader.service'];
let tree: MadeTree;
let index: PythonIndex;
let registry: Registry | undefined;
let cold: Built;

interface Built {
  readonly status: number | null;
  readonly log: string;
  readonly outputs: Readonly<Record<string, string>>;
  readonly layers: readonly { position: string; result: string; reason: string; saved: boolean }[];
}

beforeAll(async () => {
  const missing = explainMissingIndex(release);
  if (missing !== null) throw new Error(missing);
  makeCheckout(checkout);
  tree = makeTroveTree(join(directory, 'trove'), { branch: 'stable/2025.1' });
  index = await startPythonIndex({ release, timeLimitMs: 20 * MINUTE_MS });
  writeFileSync(join(directory, 'upper-constraints.txt'), index.upperConstraints);
  mkdirSync(join(directory, 'keys'));
  writeFileSync(join(directory, 'keys', 'id_rsa'), privateKey, { mode: 0o600 });
  writeFileSync(join(directory, 'keys', 'id_rsa.pub'), 'ssh-rsa EXAMPLE stack@controller\n');
  cold = await build('cold', []);
}, 16 * MINUTE_MS);

afterAll(async () => {
  await index?.stop();
  await registry?.stop();
  rmSync(directory, { recursive: true, force: true });
});

/** Builds bookworm with the agent of the tree; secrets come by the environment, as in a shell. */
async function build(name: string, flags: readonly string[]): Promise<Built> {
  const work = join(directory, 'work', name);
  mkdirSync(work, { recursive: true });
  const child = spawn(
    process.execPath,
    [
      ...[join(checkout, 'bin', 'trove-image'), 'build', '--json'],
      ...['--guest-os', 'debian', '--guest-release', release, '--guest-agent', 'source'],
      ...['--trove-path', tree.path, '--python-index', index.url],
      ...['--upper-constraints', join(directory, 'upper-constraints.txt')],
      ...['--image-name', 'trove-{branch}-guest-{os}-{release}[-dev]', '--formats', 'raw'],
      ...['--output-dir', join(directory, 'images', name), '--work-dir', work],
      ...['--cache', 'read-write', '--cache-path', cache],
      ...flags,
    ],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 15 * MINUTE_MS,
      cwd: directory,
      env: {
        ...process.env,
        ...(registry === undefined
          ? {}
          : {
              TROVE_IMAGE_REGISTRY_LOGIN: `${registry.address} ${login.user} ${login.password}`,
            }),
        ...(flags.includes('--dev-mode') ? { TROVE_IMAGE_ROOT_PASSWORD: rootPassword } : {}),
      },
    },
  );
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  const outputs = status === 0 ? JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') : {};
  return { status, log, outputs, layers: JSON.parse(outputs.layers ?? '[]') };
}

/** Contents of files of a finished image, and all of its paths. */
function look({ outputs }: Built, ...paths: readonly string[]) {
  const program = join(checkout, 'host', 'read-image');
  const contents = paths.flatMap((path) => ['--content', path]);
  const stdout = execFileSync(program, [outputs['image-path'] ?? '', ...contents], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const facts = JSON.parse(stdout) as {
    files: [string, string, string, number, number][];
    contents: Record<string, { text?: string }>;
    enabledUnits: [string, string][];
  };
  return {
    entry: (path: string) => facts.files.find(([each]) => each === path),
    text: (path: string): string => facts.contents[path]?.text ?? '',
    units: facts.enabledUnits.map(([unit]) => unit),
  };
}

const manifestOf = ({ outputs }: Built) =>
  JSON.parse(readFileSync(outputs['manifest-path'] ?? '', 'utf8'));
const succeeded = (built: Built) =>
  expect({ status: built.status, log: built.log.slice(-3000) }).toMatchObject({ status: 0 });
const isAgent = (position: string): boolean => position === 'install.d/31-guest-agent-install';

describe('a real guest with the agent from a tree of Trove', () => {
  it('is built, with every rule of the check holding', () => {
    succeeded(cold);
    const manifest = manifestOf(cold);
    expect(manifest.trove).toMatchObject({
      origin: 'local checkout',
      ref: 'stable/2025.1',
      series: 'stable/2025.1',
      commit: tree.commit,
      isDirty: false,
      constraints: 'local file',
    });
    expect(manifest.guest).toMatchObject({ agent: 'source', isDevelopment: false });
    expect(manifest.holdsSecrets).toEqual([]);
    expect(manifest.checks.flatMap((each: { violations: unknown[] }) => each.violations)).toEqual(
      [],
    );
    expect(cold.outputs['image-name']).toBe('trove-stable-2025.1-guest-debian-bookworm');
  });

  it('ran every hook of the contract in its phase, with the variables that Trove’s hooks read', () => {
    const record = readRecord(look(cold, recordPath).text(recordPath));
    const hooks = record.map(({ hook }) => hook);
    expect(hooks).toEqual(
      expect.arrayContaining([
        'install.d/31-guest-agent-install',
        'post-install.d/31-enable-guest-agent-systemd',
        'post-install.d/99-clean-apt',
      ]),
    );
    const install = record.find(({ hook }) => isAgent(hook));
    expect(install?.variables).toMatchObject({
      GUEST_USERNAME: 'debian',
      DEV_MODE: 'false',
      SYNC_LOG_TO_CONTROLLER: 'False',
      DIB_INIT_SYSTEM: 'systemd',
    });
  });

  it('has the agent in its environment, at the versions that the constraints allow', () => {
    const venv = '/opt/guest-agent-venv';
    const found = look(cold, `${venv}/lib/python3.11/site-packages/trove/guestagent/code.py`);
    expect(found.entry(`${venv}/bin/trove-guestagent`)?.[1]).toBe('f');
    expect(found.text(`${venv}/lib/python3.11/site-packages/trove/guestagent/code.py`)).toContain(
      firstCode,
    );
    expect(found.units).toEqual(expect.arrayContaining(units));
    expect(index.log()).toMatch(/GET \/simple\/oslo[.-]config\/ 200/);
    const config = `${venv}/lib/python3.11/site-packages/oslo.config-${index.versions['oslo-config']}.dist-info`;
    expect(
      [config, `${config.replace('oslo.config', 'oslo_config')}`].some(
        (path) => found.entry(path) !== undefined,
      ),
    ).toBe(true);
  });

  it('has nothing of the index, of the builder and of the password that everybody knows', () => {
    const found = look(cold, '/etc/shadow', '/root/.config/pip/pip.conf', '/etc/pip.conf');
    expect(found.text('/etc/shadow')).toMatch(/^debian:[!*]:/m);
    expect(found.text('/etc/pip.conf')).toBe('');
    expect(found.entry('/home/debian/.ssh/id_rsa')).toBeUndefined();
  });
});

describe('a new commit of the agent’s code', () => {
  it(
    'is in the next guest, which takes everything before the agent from layers',
    async () => {
      const commit = commitAgentCode(tree, 'second');
      const warm = await build('warm', []);
      succeeded(warm);
      expect(manifestOf(warm).trove.commit).toBe(commit);
      const path = '/opt/guest-agent-venv/lib/python3.11/site-packages/trove/guestagent/code.py';
      expect(look(warm, path).text(path)).toContain('second');
      const missed = warm.layers.filter(({ result }) => result === 'miss');
      expect(missed[0]).toMatchObject({ reason: 'source /opt/guest-agent changed' });
      expect(warm.layers.length - missed.length).toBeGreaterThanOrEqual(3);
    },
    10 * MINUTE_MS,
  );
});

describe('a development image with a container image', () => {
  let built: Built;

  it(
    'holds the key, the controller and root’s password; no layer, log or record does',
    async () => {
      registry = await startRegistry({ secured: true });
      await registry.push('db/mysql', '8.4', image);
      built = await build('development', [
        ...['--container-images', `${registry.address}/db/mysql:8.4=mysql:8.4`],
        ...['--insecure-registries', registry.address],
        ...['--dev-mode', '--ssh-dir', join(directory, 'keys')],
        ...['--controller-address', '192.0.2.7', '--controller-user', 'zuul', '--sync-guest-logs'],
      ]);
      succeeded(built);
      expect(built.outputs['image-name']).toMatch(/-dev$/);
      const found = look(
        built,
        '/etc/shadow',
        '/etc/trove/controller.conf',
        '/home/debian/.ssh/id_rsa',
        recordPath,
      );
      expect(found.text('/home/debian/.ssh/id_rsa')).toBe(privateKey);
      expect(found.entry('/home/debian/.ssh/id_rsa')?.[2]).toBe('0600');
      expect(found.text('/etc/trove/controller.conf')).toBe('CONTROLLER=192.0.2.7\n');
      expect(found.text('/etc/shadow')).toMatch(/^root:\$/m);
      const install = readRecord(found.text(recordPath)).find(({ hook }) => isAgent(hook));
      expect(install?.variables).toMatchObject({
        DEV_MODE: 'true',
        SYNC_LOG_TO_CONTROLLER: 'True',
        HOST_SCP_USERNAME: 'zuul',
        ESCAPED_PATH_TROVE: '\\/opt\\/stack\\/trove',
      });
      expect(manifestOf(built)).toMatchObject({
        holdsSecrets: ['ssh-dir', 'root-password'],
        guest: { isDevelopment: true },
      });
      const saved = built.layers.filter((layer) => layer.saved).map(({ position }) => position);
      expect(saved.filter((position) => position > 'install.d/45' && position !== 'root')).toEqual(
        [],
      );
      const texts = [
        built.log,
        ...['manifest-path', 'log-path'].map((name) =>
          readFileSync(built.outputs[name] ?? '', 'utf8'),
        ),
      ];
      for (const text of texts) {
        expect(text).not.toContain(rootPassword);
        expect(text).not.toContain('canary-Key-77aa');
      }
      for (const canary of [rootPassword, 'canary-Key-77aa']) {
        for (const key of readdirSync(join(cache, 'layers'))) {
          const [blob = ''] = readdirSync(join(cache, 'layers', key)).filter(
            (name) => name.endsWith('.tar.zst') || name.includes('blob'),
          );
          const count = execFileSync(
            'bash',
            [
              '-c',
              'zstd --decompress --stdout "$1" | grep --text --count --fixed-strings "$2" || true',
              'count',
              join(cache, 'layers', key, blob),
              canary,
            ],
            { encoding: 'utf8' },
          );
          expect([key, count.trim()]).toEqual([key, '0']);
        }
      }
    },
    10 * MINUTE_MS,
  );

  it(
    'lists the container image by its digest in its own docker',
    () => {
      const listed = listGuestImages(built.outputs['image-path'] ?? '', directory);
      expect(listed).toEqual([`mysql 8.4 ${image.manifest.digest} ${image.config.digest}`]);
      expect(manifestOf(built).containerImages).toMatchObject([
        {
          target: 'mysql:8.4',
          manifestDigest: image.manifest.digest,
          configDigest: image.config.digest,
        },
      ]);
    },
    3 * MINUTE_MS,
  );

  it('tells nothing of the login of the registry', () => {
    const paths = [built.outputs['manifest-path'] ?? '', built.outputs['log-path'] ?? ''];
    for (const text of [built.log, ...paths.map((path) => readFileSync(path, 'utf8'))])
      expect(text).not.toContain(login.password);
  });

  it('leaves nothing on the machine', () => {
    const work = join(directory, 'work');
    for (const name of readdirSync(work)) expect(readdirSync(join(work, name))).toEqual([]);
    const residue = readResidue(basename(directory));
    expect(residue).toMatchObject({ mounts: [], loops: [], processes: [] });
  });
});
