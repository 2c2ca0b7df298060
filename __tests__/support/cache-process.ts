import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerManifest } from '../../src/model/layers.ts';
import { layerManifest } from '../unit/support/shelf.ts';
import { projectDirectory } from './checkout.ts';
import { writePlainModule } from './plain-modules.ts';
import { type Program, startProgram } from './stand-in/program.ts';

/** What a process that used the cache says at its end. */
export interface Answer {
  readonly answer?: unknown;
  readonly code?: string | null;
  readonly message?: string;
}

/** A directory for a cache and its users, and processes that use it. */
export interface CacheBench {
  readonly directory: string;
  readonly root: string;
  at(name: string): string;
  /** Writes a blob and the manifest that belongs to it. */
  makeLayer(start: string, parent?: string | null, bytes?: Buffer): Layer;
  /** Starts a process that does something with the cache in `root`; `within` comes before its command line. */
  start(words: readonly string[], options?: ProcessOptions): Program;
  /** The same, and waits for what it says. */
  ask(words: readonly string[], options?: ProcessOptions): Promise<Answer>;
  close(): void;
}

export interface Layer {
  readonly manifest: LayerManifest;
  readonly path: string;
}

interface ProcessOptions {
  readonly root?: string;
  readonly within?: readonly string[];
  readonly user?: { uid: number; gid: number };
}

/** Makes a bench whose cache is empty. */
export function createCacheBench(): CacheBench {
  const directory = mkdtempSync('/var/tmp/cache-test-');
  // others have to reach the program, and what they may not reach is for the cache to say
  chmodSync(directory, 0o755);
  const at = (name: string): string => join(directory, name);
  mkdirSync(at('work'), { mode: 0o777 });
  chmodSync(at('work'), 0o777);
  const module = writePlainModule('adapters/directory-cache.ts', at('plain'));
  const program = join(projectDirectory, '__tests__', 'fixtures', 'cache-process.mjs');
  writeFileSync(at('program.mjs'), readFileSync(program));
  const root = at('cache');
  let made = 0;
  const start: CacheBench['start'] = (words, { within = [], user, root: other = root } = {}) =>
    startProgram([...within, process.execPath, at('program.mjs'), module, other, ...words], {
      cwd: directory,
      environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: directory },
      ...(user === undefined ? {} : { user: user as never }),
    });
  return {
    ...{ directory, root, at, start },
    makeLayer(start, parent = null, bytes = Buffer.from(`the bytes of ${start}`)) {
      made += 1;
      const path = at(`work/${made}.blob`);
      writeFileSync(path, bytes);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const sizeBytes = bytes.length;
      const manifest = layerManifest(start, parent);
      return { path, manifest: { ...manifest, blob: { ...manifest.blob, sha256, sizeBytes } } };
    },
    async ask(words, options) {
      const { stdout, stderr } = await start(words, options).ended;
      const last = stdout.trimEnd().split('\n').at(-1) ?? '';
      if (!last.startsWith('{')) throw new Error(`it said nothing: ${stdout}${stderr}`);
      return JSON.parse(last) as Answer;
    },
    close: () => rmSync(directory, { recursive: true }),
  };
}
