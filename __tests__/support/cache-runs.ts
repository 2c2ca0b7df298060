import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Deadlines } from '../../src/adapters/github-layers/client.ts';
import { type UploadResult, uploadPending } from '../../src/adapters/github-layers/uploads.ts';
import { createGithubLayers, type GithubLayers } from '../../src/adapters/github-layers.ts';
import type { LayerManifest, Trail } from '../../src/model/layers.ts';
import { type ResultsService, startResultsService } from './results-service/service.ts';

/** One workflow run: main has `layers`, and `post` is what follows it. */
export interface CacheRun {
  readonly temporaryDir: string;
  readonly layers: GithubLayers;
  post(deadlines?: Partial<Deadlines>): Promise<readonly UploadResult[]>;
}

export interface CacheRuns {
  readonly service: ResultsService;
  readonly workspace: string;
  /** Files and directories that workspace and RUNNER_TEMP hold. */
  leftovers(): readonly string[];
  /** Lets calls end that were given up: the client cannot be stopped, and fails without the files of its run. */
  settle(): Promise<void>;
  /** A run with a RUNNER_TEMP of its own; `variables` are added to its environment. */
  start(deadlines?: Partial<Deadlines>, variables?: Record<string, string>): CacheRun;
  /** Writes a blob of random bytes and makes its manifest. */
  makeLayer(key: string, parent?: string, sizeBytes?: number): Layer;
  /** Builds and saves a layer as a run of its own. */
  save(layer: Layer): Promise<void>;
  close(): Promise<void>;
}

export interface Layer {
  readonly manifest: LayerManifest;
  readonly path: string;
}

/** Starts a results service, and makes this process the job of a workflow until `close`. */
export async function startCacheRuns(blobHost = '127.0.0.1'): Promise<CacheRuns> {
  const directory = mkdtempSync(join(tmpdir(), 'cache-runs-test-'));
  const workspace = join(directory, 'workspace');
  mkdirSync(workspace);
  const service = await startResultsService({ directory: join(directory, 'service'), blobHost });
  const before = { cwd: process.cwd(), environment: { ...process.env } };
  process.chdir(workspace);
  const temporaryDirs: string[] = [];
  const start: CacheRuns['start'] = (deadlines, variables = {}) => {
    const temporaryDir = join(directory, `temp-${temporaryDirs.length}`);
    mkdirSync(temporaryDir);
    temporaryDirs.push(temporaryDir);
    setEnvironment({
      ...before.environment,
      ...service.env(),
      GITHUB_SERVER_URL: 'https://github.com',
      GITHUB_WORKSPACE: workspace,
      RUNNER_TEMP: temporaryDir,
      ...variables,
    });
    const environment = process.env;
    const options = { environment, now: Date.now, ...(deadlines ? { deadlines } : {}) };
    const layers = createGithubLayers(options);
    return {
      temporaryDir,
      layers,
      // what post gets has been text in between
      post: (limits) =>
        uploadPending(JSON.parse(JSON.stringify(layers.pending())), {
          environment,
          ...(limits ? { deadlines: limits } : {}),
        }),
    };
  };
  const makeLayer: CacheRuns['makeLayer'] = (key, parent, sizeBytes = 300_000) => {
    const path = join(directory, `blob-${key}`);
    const bytes = randomBytes(sizeBytes);
    writeFileSync(path, bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    return { path, manifest: makeManifest(key, parent, sha256, sizeBytes) };
  };
  const leftovers = () => [workspace, ...temporaryDirs].flatMap(list);
  return {
    service,
    workspace,
    start,
    makeLayer,
    leftovers,
    settle: async () => {
      service.dropConnections();
      const endMs = performance.now() + 20_000;
      while (leftovers().some(isOfClient) && performance.now() < endMs)
        await new Promise((resolve) => setTimeout(resolve, 50));
    },
    save: async ({ manifest, path }) => {
      const run = start();
      await run.layers.store(manifest, path);
      const [result] = await run.post();
      if (result?.result !== 'saved') throw new Error(`not saved: ${JSON.stringify(result)}`);
    },
    close: async () => {
      process.chdir(before.cwd);
      setEnvironment(before.environment);
      await service.close();
      rmSync(directory, { recursive: true });
    },
  };
}

/** A key as the build makes them. */
export const makeKey = (name: string): string => createHash('sha256').update(name).digest('hex');

export const makeTrail = (savedAtMs: number): Trail => ({
  format: 1,
  extraData: '',
  savedAtMs,
  layers: [],
});

/** The client names a directory of its own for each call. */
const isOfClient = (path: string): boolean =>
  /\/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.test(path);

const list = (directory: string): readonly string[] =>
  readdirSync(directory, { recursive: true }).map((name) => join(directory, String(name)));

/** The same object: the client reads it too. Proxies of whoever runs this test have no place in it. */
function setEnvironment(variables: Readonly<Record<string, string | undefined>>): void {
  for (const name of Object.keys(process.env)) if (!(name in variables)) delete process.env[name];
  Object.assign(process.env, variables);
}

function makeManifest(
  key: string,
  parent: string | undefined,
  sha256: string,
  sizeBytes: number,
): LayerManifest {
  return {
    format: 1,
    key,
    position: 'root',
    parent: parent === undefined ? null : { key: parent, sha256: makeKey(`bytes of ${parent}`) },
    blob: { sha256, sizeBytes, treeBytes: sizeBytes, entries: 3, deleted: 0 },
    resolvConf: 'file',
    mountHooks: [],
    mounts: [],
    ingredients: { 'script root.d/10-x': sha256 },
    observedArchives: [],
    impureScripts: [],
    costMs: 1000,
    savedAtMs: 1_700_000_000_000,
  };
}
