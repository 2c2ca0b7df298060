import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TokenOptions } from '../../../support/results-service/runtime-token.ts';
import {
  type ResultsService,
  startResultsService,
} from '../../../support/results-service/service.ts';

export interface Fixture {
  service: ResultsService;
  directory: string;
  /** Writes random bytes to a file; gives its path and digest. */
  makeFile(name: string, sizeBytes: number): Promise<{ path: string; sha256: string }>;
  close(): Promise<void>;
}

/** Starts a service of its own for a test, with a folder for what is sent to it. */
export async function startFixture(): Promise<Fixture> {
  const directory = await mkdtemp(join(tmpdir(), 'results-service-test-'));
  const service = await startResultsService({ directory: join(directory, 'blobs') });
  const files = join(directory, 'files');
  await mkdir(files);
  return {
    service,
    directory,
    async makeFile(name, sizeBytes) {
      const content = randomBytes(sizeBytes);
      await writeFile(join(files, name), content);
      const sha256 = createHash('sha256').update(content).digest('hex');
      return { path: join(files, name), sha256 };
    },
    async close() {
      await service.close();
      await rm(directory, { recursive: true });
    },
  };
}

export interface Outcome {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the client's method gives
  value?: any;
  error?: string;
}

/** Calls a method of the real artifact client in a process of its own. */
export async function callClient(
  fixture: Fixture,
  method: string,
  callArguments: readonly unknown[],
  token?: TokenOptions,
): Promise<Outcome> {
  const program = join(import.meta.dirname, 'artifact-client.mjs');
  const texts = callArguments.map((value) => JSON.stringify(value));
  const { stdout } = await promisify(execFile)(process.execPath, [program, method, ...texts], {
    env: {
      PATH: process.env.PATH,
      ...fixture.service.env(token),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_WORKSPACE: fixture.directory,
      RUNNER_TEMP: fixture.directory,
    },
    timeout: 60_000,
  });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Outcome;
}

/** Calls a Twirp method as the clients do; gives the HTTP status and the answer. */
export async function callTwirp(
  fixture: Fixture,
  method: string,
  message: object,
  token?: TokenOptions,
): Promise<{ status: number; answer: Record<string, string | boolean> }> {
  const service = method.includes('Cache') ? 'CacheService' : 'ArtifactService';
  const response = await fetch(
    `${fixture.service.url}twirp/github.actions.results.api.v1.${service}/${method}`,
    {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        authorization: `Bearer ${fixture.service.env(token).ACTIONS_RUNTIME_TOKEN}`,
      },
      body: JSON.stringify(message),
    },
  );
  return { status: response.status, answer: (await response.json()) as Record<string, string> };
}
