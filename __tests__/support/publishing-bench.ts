import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from './checkout.ts';
import { type Login, type Openstack, startOpenstack } from './openstack.ts';
import { makePublishable, type Publishable, type PublishableOptions } from './publishable.ts';
import { startProgram } from './stand-in/program.ts';

/** A record as Glance gives it. */
export type GlanceImage = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly name: string;
  readonly status: string;
};

export interface CommandAnswer {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Last line of standard output, when it is JSON. */
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asked for
  readonly answer: any;
}

/** A real cloud, and the command line that publishes to it. */
export interface PublishingBench {
  readonly directory: string;
  readonly stack: Openstack;
  make(name: string, options: PublishableOptions): Publishable;
  /** Runs `trove-image WORDS… --json` with the clouds.yaml of the stack, and no other login. */
  run(
    words: readonly string[],
    environment?: Readonly<Record<string, string>>,
  ): Promise<CommandAnswer>;
  /** What Trove's own code chooses with these tags and the login of a cloud; null when it finds nothing. */
  chooseAsTrove(cloud: string, tags: readonly string[]): Promise<string | null>;
  /** All images that a login sees, hidden ones too. */
  images(cloud: string): Promise<readonly GlanceImage[]>;
  request(
    cloud: string,
    service: 'image' | 'database',
    path: string,
    init?: RequestInit,
  ): Promise<Response>;
  versions(): Promise<readonly Readonly<Record<string, unknown>>[]>;
  close(): Promise<void>;
}

const chooser = `
import sys
from glanceclient import Client
from trove.common import exception, glance
url, token, tags = sys.argv[1:]
try:
    print(glance.get_image_id(Client('2', url, token=token), None, tags.split(',')))
except exception.ImageNotFoundByTags:
    pass
`;

export async function createPublishingBench(): Promise<PublishingBench> {
  const directory = mkdtempSync(join(tmpdir(), 'publishing-test-'));
  const stack = await startOpenstack();
  const logins = new Map<string, Login>();
  const loginTo = async (cloud: string): Promise<Login> => {
    const login = logins.get(cloud) ?? (await stack.tokens(cloud));
    logins.set(cloud, login);
    return login;
  };
  const request: PublishingBench['request'] = async (cloud, service, path, init = {}) => {
    const { token, endpoints } = await loginTo(cloud);
    const headers = { 'X-Auth-Token': token, 'Content-Type': 'application/json', ...init.headers };
    return fetch(`${endpoints[service]}${path}`, { ...init, headers });
  };
  const list = async (cloud: string, hidden: boolean): Promise<readonly GlanceImage[]> => {
    const answer = await request(cloud, 'image', `/v2/images?limit=200&os_hidden=${hidden}`);
    return ((await answer.json()) as { images: GlanceImage[] }).images;
  };
  return {
    directory,
    stack,
    request,
    make: (name, options) => makePublishable(directory, name, options),
    async run(words, environment = {}) {
      const done = await startProgram(
        [process.execPath, join(projectDirectory, 'bin', 'trove-image'), ...words, '--json'],
        {
          cwd: directory,
          environment: {
            PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
            HOME: directory,
            OS_CLIENT_CONFIG_FILE: stack.cloudsYaml,
            ...environment,
          },
          timeLimitMs: 120_000,
        },
      ).ended;
      return { ...done, answer: parse(done.stdout.trimEnd().split('\n').at(-1) ?? '') };
    },
    async chooseAsTrove(cloud, tags) {
      const { token, endpoints } = await loginTo(cloud);
      const words = ['-c', chooser, endpoints.image ?? '', token, tags.join(',')];
      return execFileSync('/usr/bin/python3', words, { encoding: 'utf8' }).trim() || null;
    },
    images: async (cloud) => [...(await list(cloud, false)), ...(await list(cloud, true))],
    async versions() {
      const answer = await request('admin', 'database', '/mgmt/datastore-versions');
      return ((await answer.json()) as { versions: Readonly<Record<string, unknown>>[] }).versions;
    },
    async close() {
      await stack.stop();
      rmSync(directory, { recursive: true });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
