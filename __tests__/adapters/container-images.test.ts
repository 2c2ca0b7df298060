import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createCommands } from '../../src/adapters/commands.ts';
import { createFiles } from '../../src/adapters/files.ts';
import { TroveImageError } from '../../src/errors.ts';
import type { ContainerImage, RegistryAccess, WantedImage } from '../../src/model/datastores.ts';
import { findContainerImages } from '../../src/stages/find-container-images.ts';
import { pullContainerImages } from '../../src/stages/pull-container-images.ts';
import { withRegistryLogins } from '../../src/stages/registry-logins.ts';
import { fakeLog } from '../stages/fakes.ts';
import { projectDirectory } from '../support/checkout.ts';
import { makeImage, makeJson, makeList } from '../support/registry/image.ts';
import { login, type Registry, startRegistry } from '../support/registry.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const folder = mkdtempSync(join(tmpdir(), 'container-images-test-'));
const commands = createCommands({ PATH, HOME: folder }, true);
const files = createFiles();
const hostDir = join(projectDirectory, 'host');
const list = makeList('both', ['arm64', 'amd64']);
const plain = makeImage('plain', 'amd64', 'docker');

let open: Registry;
let secured: Registry;
let access: RegistryAccess;
let places: { hostDir: string; directory: string; archivePath: string };
let count = 0;

beforeAll(async () => {
  open = await startRegistry();
  secured = await startRegistry({ secured: true });
  await open.push('db/both', '1', list);
  await open.push('db/plain', '1', plain);
  await secured.push('db/plain', '1', plain);
  const authFile = join(folder, 'no-logins.json');
  writeFileSync(authFile, '{"auths":{}}');
  access = { authFile, insecure: [open.address, secured.address] };
});
beforeEach(() => {
  count += 1;
  places = {
    hostDir,
    directory: join(folder, `${count}`),
    archivePath: join(folder, `${count}.tar`),
  };
});
afterAll(async () => {
  await Promise.all([open?.stop(), secured?.stop()]);
  rmSync(folder, { recursive: true });
});

const want = (source: string, target = 'mysql:8.4'): WantedImage => ({
  ...{ datastore: null, version: null, role: 'other' },
  ...{ source, target },
});

async function find(
  wanted: readonly WantedImage[],
  given: RegistryAccess = access,
  architecture: 'amd64' | 'arm64' = 'amd64',
) {
  const log = fakeLog();
  const images = await findContainerImages({ commands, log }, wanted, architecture, given);
  return { images, lines: log.lines };
}

const pull = (images: readonly ContainerImage[], given = access): Promise<void> =>
  pullContainerImages({ commands, files, log: fakeLog() }, images, places, given);

/** Code and text of every problem of a call that has to fail. */
async function refusalsOf(call: Promise<unknown>): Promise<readonly [string, string][]> {
  const error = await call.then(() => null).catch((thrown: unknown) => thrown);
  if (!(error instanceof TroveImageError)) throw error ?? new Error('it did not fail');
  return error.problems.map(({ code, message }) => [code, message]);
}

const withLogins = <T>(
  logins: { user: string; password: string } | null,
  use: (given: RegistryAccess) => Promise<T>,
  authFile = '',
): Promise<T> =>
  withRegistryLogins(
    files,
    {
      path: join(folder, 'logins.json'),
      authFile,
      logins: logins === null ? [] : [{ registry: secured.address, ...logins }],
    },
    (path) => use({ ...access, authFile: path }),
  );

describe('a wanted image', () => {
  it('of a list is the manifest of the architecture, by digest', async () => {
    const { images, lines } = await find([want(`${open.address}/db/both:1`)]);
    const [, amd64] = list.images;
    expect(images).toEqual([
      {
        ...want(`${open.address}/db/both:1`),
        digest: list.list.digest,
        manifestDigest: amd64?.manifest.digest,
        configDigest: amd64?.config.digest,
        sizeBytes: [amd64?.manifest, amd64?.config, amd64?.layer].reduce(
          (sum, blob) => sum + (blob?.bytes.length ?? 0),
          0,
        ),
      },
    ]);
    expect(lines).toContain(`1/1 ${open.address}/db/both:1`);
    expect(lines.at(-1)).toContain(`mysql:8.4: ${amd64?.manifest.digest}, 1.1 MB from`);
  });

  it('of a list is another one for another architecture', async () => {
    const { images } = await find([want(`${open.address}/db/both:1`)], access, 'arm64');
    expect(images[0]?.manifestDigest).toBe(list.images[0]?.manifest.digest);
  });

  it('without a list is the image itself, where it is of the architecture', async () => {
    const { images } = await find([want(`${open.address}/db/plain:1`)]);
    expect(images[0]).toMatchObject({
      digest: plain.manifest.digest,
      manifestDigest: plain.manifest.digest,
    });
    expect(await refusalsOf(find([want(`${open.address}/db/plain:1`)], access, 'arm64'))).toEqual([
      [
        'container-image-architecture',
        expect.stringContaining('not there for linux/arm64, but for linux/amd64'),
      ],
    ]);
  });

  it.each([
    ['a list', (): string => list.list.digest],
    ['an image', (): string => list.images[1]?.manifest.digest ?? ''],
  ])('may be named by the digest of %s', async (_, digest) => {
    const { images } = await find([want(`${open.address}/db/both@${digest()}`)]);
    expect(images[0]?.manifestDigest).toBe(list.images[1]?.manifest.digest);
  });

  it('is refused where its list has no such architecture', async () => {
    await open.push('db/arm', '1', makeList('arm', ['arm64']));
    expect(await refusalsOf(find([want(`${open.address}/db/arm:1`)]))).toEqual([
      ['container-image-architecture', expect.stringContaining('but for linux/arm64')],
    ]);
  });

  it('is refused where its configuration lies about the architecture', async () => {
    const { images } = makeList('lie', ['arm64']);
    const [image] = images;
    if (image === undefined) throw new Error('none');
    await open.push('db/lie', 'arm', image);
    const { mediaType, digest, bytes } = image.manifest;
    const entry = {
      mediaType,
      digest,
      size: bytes.length,
      platform: { os: 'linux', architecture: 'amd64' },
    };
    const kind = 'application/vnd.oci.image.index.v1+json';
    const liar = makeJson(kind, { schemaVersion: 2, mediaType: kind, manifests: [entry] });
    await open.pushManifest('db/lie', '1', liar);
    expect(await refusalsOf(find([want(`${open.address}/db/lie:1`)]))).toEqual([
      ['container-image-architecture', expect.stringContaining('but for linux/arm64')],
    ]);
  });

  it('is told with all others that are not there', async () => {
    const wanted = [
      `${open.address}/db/both:2`,
      `${open.address}/db/none:1`,
      `${open.address}/db/both:1`,
    ];
    expect(await refusalsOf(find(wanted.map((source) => want(source))))).toEqual([
      ['container-image-missing', expect.stringContaining(`${open.address}/db/both:2`)],
      ['container-image-missing', expect.stringContaining(`${open.address}/db/none:1`)],
    ]);
  });

  it('is refused within seconds where nobody listens', async () => {
    const started = performance.now();
    expect(
      await refusalsOf(
        find([want('127.0.0.1:1/db/both:1')], { ...access, insecure: ['127.0.0.1:1'] }),
      ),
    ).toEqual([['registry-unreachable', expect.stringContaining('connection refused')]]);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  it('comes without TLS only from a registry that is named for it', async () => {
    const given = { ...access, insecure: [secured.address] };
    expect(await refusalsOf(find([want(`${open.address}/db/both:1`)], given))).toEqual([
      ['registry-tls', expect.stringContaining('HTTP response to HTTPS client')],
    ]);
  });

  it('comes with a certificate that nobody signed only from a registry that is named for it', async () => {
    const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
    execFileSync(
      'openssl',
      [
        ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=test'],
        ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
      ],
      { stdio: 'ignore' },
    );
    const registry = await startRegistry({ tls: { key, certificate } });
    const wanted = [want(`${registry.address}/db/none:1`)];
    try {
      expect(await refusalsOf(find(wanted))).toEqual([
        ['registry-tls', expect.stringContaining('x509')],
      ]);
      expect(await refusalsOf(find(wanted, { ...access, insecure: [registry.address] }))).toEqual([
        ['container-image-missing', expect.any(String)],
      ]);
    } finally {
      await registry.stop();
    }
  });
});

describe('a registry with a login', () => {
  const wanted = () => [want(`${secured.address}/db/plain:1`)];

  it('gives the image to the login, and no file of it stays', async () => {
    const images = await withLogins(login, async (given) => {
      expect(statSync(given.authFile).mode & 0o777).toBe(0o600);
      const found = await find(wanted(), given);
      await pull(found.images, given);
      return found.images;
    });
    expect(images[0]?.manifestDigest).toBe(plain.manifest.digest);
    expect(existsSync(places.archivePath)).toBe(true);
    expect(existsSync(join(folder, 'logins.json'))).toBe(false);
  });

  it("takes docker's own file", async () => {
    const file = join(folder, 'config.json');
    const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64');
    writeFileSync(file, JSON.stringify({ auths: { [secured.address]: { auth } } }));
    const { images } = await withLogins(null, (given) => find(wanted(), given), file);
    expect(images).toHaveLength(1);
  });

  it.each([
    ['nobody', null],
    ['a wrong password', { ...login, password: 'wr0ng-s3cret' }],
  ])('refuses %s, without showing it', async (_, wrong) => {
    const refusals = await refusalsOf(withLogins(wrong, (given) => find(wanted(), given)));
    expect(refusals).toEqual([['registry-login-refused', expect.stringContaining('unauthorized')]]);
    expect(JSON.stringify(refusals)).not.toContain('wr0ng-s3cret');
    expect(existsSync(join(folder, 'logins.json'))).toBe(false);
  });

  it('takes what docker login left in the home directory', async () => {
    const auth = Buffer.from(`${login.user}:${login.password}`).toString('base64');
    mkdirSync(join(folder, '.docker'));
    const file = join(folder, '.docker', 'config.json');
    writeFileSync(file, JSON.stringify({ auths: { [secured.address]: { auth } } }));
    const { images } = await withLogins(null, (given) => find(wanted(), given));
    rmSync(join(folder, '.docker'), { recursive: true });
    expect(images).toHaveLength(1);
  });

  it('has no password on a command line', async () => {
    const seen: string[] = [];
    const spying = {
      run: (argv: readonly [string, ...string[]], options?: object) => {
        seen.push(argv.join(' '));
        return commands.run(argv, options);
      },
    };
    await withLogins(login, (given) =>
      findContainerImages({ commands: spying, log: fakeLog() }, wanted(), 'amd64', given),
    );
    expect(seen).toHaveLength(2);
    expect(seen.join()).not.toContain(login.password);
    expect(seen.join()).not.toContain(
      Buffer.from(`${login.user}:${login.password}`).toString('base64'),
    );
  });
});

describe('the login file', () => {
  it.each([
    ['is not there', '/nonexistent/config.json'],
    ['is a directory', folder],
  ])('that %s is refused by its name', async (_, path) => {
    expect(await refusalsOf(withLogins(null, async () => null, path))).toEqual([
      ['bad-auth-file', expect.stringContaining(`registry-auth-file: ${path} cannot be read`)],
    ]);
  });

  it('is removed although its use fails', async () => {
    await expect(withLogins(login, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(existsSync(join(folder, 'logins.json'))).toBe(false);
  });
});

describe('pulling', () => {
  it('packs each image once under all of its names, and leaves nothing else', async () => {
    const wanted = [
      want(`${open.address}/db/both:1`, 'mysql:8.4'),
      want(`${open.address}/db/both:1`, 'registry.example.org:5000/db/mysql:8.4'),
      want(`${open.address}/db/plain:1`, 'postgres:18'),
    ];
    const { images } = await find(wanted);
    await pull(images);
    const index = execFileSync('tar', ['-xOf', places.archivePath, 'index.json'], {
      encoding: 'utf8',
    });
    const names = JSON.parse(index).manifests.map(
      ({ digest, annotations }: { digest: string; annotations: Record<string, string> }) => [
        annotations['io.containerd.image.name'],
        digest,
      ],
    );
    expect(names).toEqual([
      ['docker.io/library/mysql:8.4', list.images[1]?.manifest.digest],
      ['docker.io/library/postgres:18', plain.manifest.digest],
      ['registry.example.org:5000/db/mysql:8.4', list.images[1]?.manifest.digest],
    ]);
    expect(existsSync(places.directory)).toBe(false);
  });

  it('takes what was found, although the tag has moved since', async () => {
    await open.push('db/moving', '1', plain);
    const { images } = await find([want(`${open.address}/db/moving:1`)]);
    await open.push('db/moving', '1', makeImage('moved'));
    await pull(images);
    expect(readFileSync(places.archivePath).includes(plain.manifest.digest)).toBe(true);
  });

  it('refuses a registry that gives other bytes than it promises, and leaves nothing', async () => {
    const image = makeImage('to be damaged');
    await open.push('db/damaged', '1', image);
    const { images } = await find([want(`${open.address}/db/damaged:1`)]);
    open.damage(image.layer.digest);
    expect(await refusalsOf(pull(images))).toEqual([
      ['container-image-damaged', expect.stringContaining('is not what the digest promises')],
    ]);
    expect(readdirSync(folder)).not.toContain(`${count}`);
    expect(existsSync(places.archivePath)).toBe(false);
  });

  it('refuses an image that has gone since it was found', async () => {
    const { images } = await find([want(`${open.address}/db/plain:1`)]);
    const gone = images.map((image) => ({ ...image, manifestDigest: `sha256:${'0'.repeat(64)}` }));
    expect(await refusalsOf(pull(gone))).toEqual([['container-image-missing', expect.any(String)]]);
  });
});
