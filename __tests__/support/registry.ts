import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Blob, ImageList, SmallImage } from './registry/image.ts';
import { type Program, startProgram } from './stand-in/program.ts';

/** A container registry of this machine: Debian's docker-registry, on loopback, with a port and a store of its own. */
export interface Registry {
  /** `127.0.0.1:PORT`. */
  readonly address: string;
  readonly url: string;
  /** Puts an image, or a list with all of its images, under a name. */
  push(repository: string, tag: string, content: SmallImage | ImageList): Promise<void>;
  /** Puts the manifest alone, whatever it names. */
  pushManifest(repository: string, tag: string, manifest: Blob): Promise<void>;
  pushBlob(repository: string, blob: Blob): Promise<void>;
  /** Cuts what is stored under a digest, so that the registry gives other bytes than it promises. */
  damage(digest: string): void;
  /** What it was asked for, one request a line. */
  log(): string;
  stop(): Promise<void>;
}

export const login = { user: 'reader', password: 'let-me-read' };
/** The line that htpasswd -B makes of this login. */
const passwords = `${login.user}:$2b$05$abcdefghijklmnopqrstuuY7egH1Tw2X85Ryf04zrsSFAC0TCa0hy\n`;

/** Starts a registry that lives for five minutes at most; with `secured` it wants the login, with `tls` it has a certificate. */
export async function startRegistry(
  options: { secured?: boolean; tls?: { certificate: string; key: string } } = {},
): Promise<Registry> {
  const directory = mkdtempSync('/var/tmp/registry-test-');
  chmodSync(directory, 0o700);
  mkdirSync(join(directory, 'store'));
  writeFileSync(join(directory, 'passwords'), passwords);
  const file = join(directory, 'config.json');
  writeFileSync(file, JSON.stringify(configure(directory, options)));
  const program = startProgram(['docker-registry', 'serve', file], {
    cwd: directory,
    environment: { PATH: '/usr/bin:/bin', HOME: directory, OTEL_TRACES_EXPORTER: 'none' },
    timeLimitMs: 300_000,
  });
  const log = collect(program);
  const stop = async (): Promise<void> => {
    program.child.kill('SIGKILL');
    await program.ended;
    rmSync(directory, { recursive: true });
  };
  try {
    const address = await readAddress(program, log);
    return { ...createClient(address, directory, options), log, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function configure(
  directory: string,
  { secured, tls }: { secured?: boolean; tls?: { certificate: string; key: string } },
): object {
  return {
    version: '0.1',
    log: { accesslog: { disabled: false }, level: 'info' },
    storage: { filesystem: { rootdirectory: join(directory, 'store') } },
    http: { addr: '127.0.0.1:0', secret: 'test', ...(tls === undefined ? {} : { tls }) },
    ...(secured
      ? { auth: { htpasswd: { realm: 'test', path: join(directory, 'passwords') } } }
      : {}),
  };
}

/** All that a program says from now on. */
function collect(program: Program): () => string {
  const parts: string[] = [];
  for (const stream of [program.child.stdout, program.child.stderr])
    stream?.on('data', (chunk: string) => parts.push(chunk));
  return () => parts.join('');
}

async function readAddress(program: Program, log: () => string): Promise<string> {
  await program.seen(/listening on 127\.0\.0\.1:\d+/);
  const [, address] = /listening on (127\.0\.0\.1:\d+)/.exec(log()) ?? [];
  if (address === undefined) throw new Error(`the registry does not say where it is: ${log()}`);
  return address;
}

function createClient(
  address: string,
  directory: string,
  { secured, tls }: { secured?: boolean; tls?: unknown },
): Omit<Registry, 'log' | 'stop'> {
  const url = `${tls === undefined ? 'http' : 'https'}://${address}`;
  const basic = Buffer.from(`${login.user}:${login.password}`).toString('base64');
  const headers = secured ? { Authorization: `Basic ${basic}` } : {};

  const send = async (method: string, target: string, blob?: Blob): Promise<Response> => {
    const type = { 'Content-Type': blob?.mediaType ?? 'application/octet-stream' };
    const body = blob === undefined ? null : new Uint8Array(blob.bytes);
    const answer = await fetch(target, { method, headers: { ...headers, ...type }, body });
    if (!answer.ok) throw new Error(`${method} ${target}: ${answer.status} ${await answer.text()}`);
    return answer;
  };
  const pushBlob = async (repository: string, blob: Blob): Promise<void> => {
    const upload = await send('POST', `${url}/v2/${repository}/blobs/uploads/`);
    const place = new URL(upload.headers.get('location') ?? '', url);
    place.searchParams.set('digest', blob.digest);
    await send('PUT', String(place), blob);
  };
  const pushManifest = async (repository: string, tag: string, manifest: Blob): Promise<void> =>
    void (await send('PUT', `${url}/v2/${repository}/manifests/${tag}`, manifest));

  return {
    ...{ address, url, pushBlob, pushManifest },
    async push(repository, tag, content) {
      for (const { manifest, config, layer } of 'list' in content ? content.images : [content]) {
        await pushBlob(repository, config);
        await pushBlob(repository, layer);
        await pushManifest(repository, manifest.digest, manifest);
      }
      await pushManifest(repository, tag, 'list' in content ? content.list : content.manifest);
    },
    damage(digest) {
      const [, hex = ''] = digest.split(':');
      const blobs = join(directory, 'store/docker/registry/v2/blobs/sha256');
      truncateSync(join(blobs, hex.slice(0, 2), hex, 'data'), 100);
    },
  };
}
