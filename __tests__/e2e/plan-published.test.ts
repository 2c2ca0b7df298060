import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createDirectoryCache } from '../../src/adapters/directory-cache.ts';
import { createSurveyor } from '../../src/commands/matrix/survey.ts';
import { readInputs } from '../../src/core/inputs/read.ts';
import { renderReason } from '../../src/core/matrix/jobs.ts';
import { layerFormat } from '../../src/model/layers.ts';
import type { MatrixPlan } from '../../src/model/matrix.ts';
import { locateInstallation, wire } from '../../src/wiring.ts';
import { projectDirectory } from '../support/checkout.ts';
import { planIn, readRefusal } from '../support/planning.ts';
import { makeRepository, script, type TestRepository } from '../support/repository.ts';

const catalogue = `version: 1
defaults: { guest-release: bookworm, elements-path: elements, image-name: "site-{image}" }
images:
  plain: {}
  web: { elements: [site-web] }
`;
let directory: string;
let repository: TestRepository;
let archive: Server;
/** Dates of suites that moved. */
let moved: Record<string, string>;
let requests: string[];
let url: string;

beforeEach(async () => {
  [moved, requests] = [{}, []];
  directory = mkdtempSync('/var/tmp/published-');
  repository = makeRepository({
    'trove-images.yml': catalogue,
    'elements/site-web/install.d/50-site-web': script('true'),
  });
  archive = createServer((request, response) => {
    requests.push(request.url ?? '');
    const suite = /\/dists\/([a-z-]+)\/InRelease$/.exec(request.url ?? '')?.[1] ?? '';
    response.end(`Suite: ${suite}\nDate: ${moved[suite] ?? 'Sat, 10 Oct 2026 10:00:00 UTC'}\n`);
  });
  archive.listen(0, '127.0.0.1');
  await once(archive, 'listening');
  url = `http://127.0.0.1:${(archive.address() as AddressInfo).port}`;
});
afterEach(() => {
  archive.close();
  archive.closeAllConnections();
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

const mirrors = () => ({ mirror: `${url}/debian`, 'mirror-security': `${url}/security` });
const plan = (
  raw: Readonly<Record<string, string>>,
  warnings: string[] = [],
): Promise<MatrixPlan> => {
  const inputs = Object.entries(mirrors()).map(([name, value]) => `${name}=${value}`);
  return planIn(repository.path, { install: 'none', inputs: inputs.join('\n'), ...raw }, warnings);
};
const nothing = 'f'.repeat(64);
const reasonsOf = ({ images }: MatrixPlan): Readonly<Record<string, readonly string[]>> =>
  Object.fromEntries(images.map(({ image, reasons }) => [image, reasons.map(renderReason)]));

/** Writes what a build of an image would record now, and returns the path. */
async function publish(image: string, elements: string): Promise<string> {
  const ignore = (): void => undefined;
  const log = {
    ...{ chapter: ignore, close: ignore, info: ignore, detail: ignore },
    ...{ progress: ignore, warning: ignore, error: ignore },
  };
  const { signal } = new AbortController();
  const caller = { cwd: repository.path, temporaryDir: '/var/tmp', cacheDir: '/var/tmp' };
  const raw = { 'guest-release': 'bookworm', elements, 'elements-path': 'elements', ...mirrors() };
  const inputs = readInputs({ ...raw, 'image-name': `site-${image}` }, caller);
  const own = locateInstallation(join(projectDirectory, 'dist'), process.env);
  const found = await createSurveyor(wire(log, process.env, signal), own).identify(inputs);
  const fixture = JSON.parse(
    readFileSync(join(projectDirectory, '__tests__/fixtures/manifest.json'), 'utf8'),
  );
  const path = join(directory, image);
  mkdirSync(path, { recursive: true });
  const manifest = {
    ...fixture,
    buildId: found.buildId,
    environment: found.plan.environment,
    command: ['disk-image-create', ...found.plan.arguments],
    elements: found.digests.map(({ name, sha256 }) => ({ name, sha256 })),
    sources: found.archives,
    tools: { 'diskimage-builder': found.builder.version },
    files: [{ fileName: `site-${image}.qcow2` }],
    durationSeconds: 777,
  };
  writeFileSync(join(path, 'manifest.json'), JSON.stringify(manifest));
  return path;
}

describe('a plan with what is published', () => {
  it('leaves out images whose build id is published, and builds the others', async () => {
    const first = await plan({ published: nothing });
    expect(reasonsOf(first)).toEqual({
      plain: ['image is not published'],
      web: ['image is not published'],
    });
    const ids = first.images.map(({ buildId }) => buildId ?? '');
    expect(ids).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/), expect.anything()]);
    const second = await plan({ published: ids.join(',') });
    expect(second).toMatchObject({ images: [], unchanged: [] });
    expect(second.published.map(({ image }) => image)).toEqual(['plain', 'web']);
    repository.change({ 'elements/site-web/install.d/50-site-web': script('false') });
    expect(Object.keys(reasonsOf(await plan({ published: ids.join(' ') })))).toEqual(['web']);
    // the world is asked once for all images
    expect(new Set(requests.slice(-3)).size).toBe(3);
    expect(requests.length).toBe(9);
  });

  it('tells by manifests what moved since', async () => {
    await publish('plain', '');
    await publish('web', 'site-web');
    expect((await plan({ published: directory })).published.length).toBe(2);
    moved = { 'bookworm-security': 'Sun, 11 Oct 2026 10:00:00 UTC' };
    repository.change({ 'elements/site-web/install.d/50-site-web': script('false') });
    const found = await plan({ published: directory });
    const security = `archive ${url}/security bookworm-security moved: of Sun, 11 Oct 2026 10:00:00 UTC, was of Sat, 10 Oct 2026 10:00:00 UTC`;
    expect(reasonsOf(found)).toEqual({
      plain: [security],
      web: [security, 'element site-web changed'],
    });
    // the last build tells what the next one takes
    expect(found.images[0]?.predicted).toMatchObject({ seconds: 777, basis: 'last build' });
  });

  it('builds an image with sources whose commit no build id knows, also when its id is published', async () => {
    const text = 'tool git /opt/tool https://git.example.org/tool main\n';
    repository.change({ 'elements/site-web/source-repository-tool': text });
    const ids = (await plan({ published: nothing })).images.map(({ buildId }) => buildId ?? '');
    expect(reasonsOf(await plan({ published: ids.join(' ') }))).toEqual({
      web: ['image is not published', 'image has sources whose commit no build id knows'],
    });
  });

  it('leaves out what a change touches when it is published already', async () => {
    repository.change({ 'elements/site-web/install.d/50-site-web': script('false') });
    const found = await plan({ base: 'HEAD', published: nothing });
    const script50 = 'script site-web/install.d/50-site-web changed';
    expect(reasonsOf(found)).toEqual({ web: [script50] });
    const buildId = found.images[0]?.buildId ?? '';
    expect(await plan({ base: 'HEAD', published: buildId })).toMatchObject({
      images: [],
      unchanged: ['plain'],
      published: [{ image: 'web', buildId }],
    });
  });

  it('builds an image whose archive does not answer: its own job will fail, not all', async () => {
    const warnings: string[] = [];
    const inputs = 'mirror=http://127.0.0.1:9/debian\nmirror-security=http://127.0.0.1:9/security';
    const found = await plan({ published: nothing, inputs }, warnings);
    expect(warnings[0]).toContain('http://127.0.0.1:9/debian did not give the index');
    expect(found.images.map(({ buildId }) => buildId)).toEqual([null, null]);
    expect(reasonsOf(found).web?.[1]).toContain(
      'image has no build id yet: mirror: http://127.0.0.1:9/debian',
    );
  });

  it('is refused for what is no manifest', async () => {
    writeFileSync(join(directory, 'manifest.json'), '{"buildId": 1}');
    mkdirSync(join(directory, 'empty'));
    const published = `${directory} ${directory}/empty no-such.json`;
    const said = await readRefusal(repository.path, { published, install: 'none' });
    expect(said).toContain(`bad-published: published: ${directory}/manifest.json is no manifest`);
    expect(said).toContain(`bad-published: published: ${directory}/empty holds no manifest.json`);
    expect(said).toContain('no-such.json is no manifest');
  });
});

describe('a plan with a cache', () => {
  it('foretells what a build takes by the layers that it will miss', async () => {
    const path = join(directory, 'layers');
    const layer = { key: 'x', ingredients: { architecture: 'other' }, savedAtMs: Date.now() };
    await createDirectoryCache(path).writeTrail('debian-bookworm-amd64', {
      format: layerFormat,
      savedAtMs: Date.now(),
      extraData: '',
      layers: [{ ...layer, position: 'root', costMs: 40_000 }],
    });
    const { images } = await plan({ cache: 'read', 'cache-path': path });
    const [predicted] = images.map((image) => image.predicted);
    expect(predicted).toMatchObject({ seconds: 75, basis: 'layers', hits: 0 });
    expect(predicted?.layers).toBeGreaterThan(1);
  });

  it('estimates where there is no cache, and says so', async () => {
    const { images } = await plan({});
    expect(images.map(({ predicted }) => predicted.basis)).toEqual(['estimate', 'estimate']);
    // the one with an element of its own takes longer, and comes first
    expect(images.map(({ image }) => image)).toEqual(['web', 'plain']);
  });
});
