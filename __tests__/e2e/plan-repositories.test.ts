import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { listReasons, planIn, readRefusal } from '../support/planning.ts';
import { makeRepository, runGit, script, type TestRepository } from '../support/repository.ts';
import { commitHook, makeTroveTree } from '../support/trove-tree.ts';

const catalogue = `version: 1
defaults: { guest-release: bookworm, elements-path: elements }
images:
  web: { elements: [site-web] }
  store: { elements: [site-store] }
`;
const hook = (name: string): string => `elements/site-${name}/install.d/50-site-${name}`;
const sayChanged = (name: string) => ({
  [name]: [`script site-${name}/install.d/50-site-${name} changed`],
});
let directory: string;
let repository: TestRepository;

beforeEach(() => {
  directory = mkdtempSync('/var/tmp/plan-');
  repository = makeRepository({
    'trove-images.yml': catalogue,
    [hook('web')]: script('true'),
    [hook('store')]: script('true'),
  });
});
afterEach(() => {
  repository.remove();
  rmSync(directory, { recursive: true, force: true });
});

const clone = (...words: readonly string[]): string => {
  const path = join(directory, 'clone');
  runGit(directory, 'clone', '--quiet', ...words, `file://${repository.path}`, path);
  return path;
};

describe('the base of a plan', () => {
  it('is the commit at which a branch parted: what the other one got since does not count', async () => {
    repository.git('checkout', '--quiet', '-b', 'feature');
    repository.change({ [hook('store')]: script('false') });
    repository.commit();
    repository.git('checkout', '--quiet', 'main');
    repository.change({ [hook('web')]: script('false') });
    repository.commit();
    repository.git('checkout', '--quiet', 'feature');
    expect(await listReasons(repository.path, { base: 'main' })).toEqual(sayChanged('store'));
  });

  it('is a branch of origin where there is no other one of the name', async () => {
    repository.git('branch', 'release');
    repository.change({ [hook('web')]: script('false') });
    repository.commit();
    expect(await listReasons(clone(), { base: 'release' })).toEqual(sayChanged('web'));
  });

  it('can be the first parent of a merge in a clone of two commits', async () => {
    repository.git('checkout', '--quiet', '-b', 'feature');
    repository.change({ [hook('store')]: script('false') });
    repository.commit();
    repository.git('checkout', '--quiet', 'main');
    repository.change({ [hook('web')]: script('false') });
    repository.commit();
    repository.git('merge', '--quiet', '--no-edit', 'feature');
    const path = clone('--depth', '2');
    expect(await listReasons(path, { base: 'HEAD^1' })).toEqual(sayChanged('store'));
  });

  it('is refused in a shallow clone that does not have it, with what to fetch', async () => {
    const base = repository.git('rev-parse', 'HEAD').trim();
    repository.change({ [hook('web')]: script('false') });
    repository.commit();
    const path = clone('--depth', '1');
    const said = await readRefusal(path, { base });
    expect(said).toContain(
      `base-not-found: base: there is no commit ${base} in this shallow clone.`,
    );
    expect(said).toContain('fetch-depth: 0');
    runGit(path, 'fetch', '--quiet', '--depth=1', 'origin', base);
    const warnings: string[] = [];
    const { images } = await planIn(path, { base }, warnings);
    expect(images.map(({ image }) => image)).toEqual(['web']);
    // both commits are there, but not what is between them
    expect(warnings).toEqual([expect.stringContaining('does not tell where')]);
  });

  it('is refused where there is no such commit, or no repository', async () => {
    const cases = [
      [repository.path, 'mian', 'there is no commit mian in this repository. Name a branch'],
      [repository.path, `${'0'.repeat(39)}1`, 'there is no commit'],
      [repository.path, '--upload-pack=x', 'base: got "--upload-pack=x", accepts'],
      [repository.path, 'HEAD:elements', 'base: got "HEAD:elements", accepts'],
    ] as const;
    for (const [path, base, message] of cases)
      expect(await readRefusal(path, { base })).toContain(message);
    cpSync(join(repository.path, 'trove-images.yml'), join(directory, 'trove-images.yml'));
    expect(await readRefusal(directory, { base: 'HEAD' })).toContain('no-repository: base: ');
  });

  it('is nothing for the zeros of a branch that is new: all images are built', async () => {
    const { images, base } = await planIn(repository.path, { base: '0'.repeat(40) });
    expect([base, images.length]).toEqual([null, 2]);
  });

  it('has no image where it has no catalogue, and none is kept that the catalogue has lost', async () => {
    repository.change({ 'trove-images.yml': null });
    repository.commit();
    repository.change({ 'trove-images.yml': catalogue });
    const isNew = ['image is new in the catalogue'];
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({
      web: isNew,
      store: isNew,
    });
    repository.change({ 'trove-images.yml': catalogue.replace(/.*site-store.*\n/, '') });
    expect(await planIn(repository.path, { base: 'HEAD^1' })).toMatchObject({
      images: [],
      unchanged: ['web'],
      removed: ['store'],
    });
  });

  it('whose catalogue cannot be read is no base for any image', async () => {
    repository.change({ 'trove-images.yml': 'version: 1\nimages: [\n' });
    repository.commit();
    repository.change({ 'trove-images.yml': catalogue });
    const reasons = await listReasons(repository.path, { base: 'HEAD' });
    expect(Object.keys(reasons).sort()).toEqual(['store', 'web']);
    expect(reasons.web).toEqual([
      expect.stringMatching(/^catalogue of the base could not be read: /),
    ]);
  });

  it('that could not build an image is told', async () => {
    repository.change({ 'elements/site-web/element-deps': 'site-bass\n' });
    repository.commit();
    repository.change({ 'elements/site-web/element-deps': '' });
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({
      web: [expect.stringMatching(/^image of the base could not be built: .*"site-bass"/)],
    });
  });
});

describe('a plan', () => {
  it('is refused with every mistake of every image', async () => {
    repository.change({
      'trove-images.yml': `${catalogue}  a: { elements: [nowhere] }\n  b: { elements: [neither] }\n`,
    });
    const said = await readRefusal(repository.path, { base: 'HEAD' });
    expect(said).toContain('"nowhere"');
    expect(said).toContain('"neither"');
  });

  it('of a directory in a repository counts its own paths', async () => {
    repository.git('mv', 'trove-images.yml', 'elements', '-k');
    mkdirSync(join(repository.path, 'site'));
    repository.git('mv', 'elements', 'site/elements');
    repository.git('mv', 'site/elements/trove-images.yml', 'site/trove-images.yml');
    repository.commit();
    repository.change({ [`site/${hook('web')}`]: script('false') });
    const site = join(repository.path, 'site');
    expect(await listReasons(site, { base: 'HEAD' })).toEqual(sayChanged('web'));
  });

  it('follows a directory of elements that is a link', async () => {
    repository.git('mv', 'elements', 'parts');
    repository.change({ elements: { link: 'parts' } });
    repository.commit();
    repository.change({ [hook('web').replace('elements', 'parts')]: script('false') });
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual(sayChanged('web'));
  });

  it('starts nothing that the repository brings, and leaves it as it was', async () => {
    const witness = join(directory, 'witness');
    const touch = `#!/bin/sh\ntouch ${witness}\n`;
    for (const name of ['post-index-change', 'fsmonitor', 'pre-commit'])
      repository.change({ [`.git/hooks/${name}`]: { text: touch, mode: 0o755 } });
    repository.git('config', 'core.fsmonitor', join(repository.path, '.git/hooks/fsmonitor'));
    repository.change({ [hook('web')]: script('false'), 'elements/site-web/new': 'x\n' });
    const look = (): readonly unknown[] => [
      readdirSync(join(repository.path, '.git'), { recursive: true }).sort(),
      execFileSync('sha256sum', [join(repository.path, '.git/index')], { encoding: 'utf8' }),
    ];
    const before = look();
    expect(Object.keys(await listReasons(repository.path, { base: 'HEAD' }))).toEqual(['web']);
    expect(look()).toEqual(before);
    expect(existsSync(witness)).toBe(false);
  });

  it('reads a repository that belongs to somebody else', async () => {
    if (process.getuid?.() !== 0) return console.log('Not run: it takes root to give files away.');
    repository.change({ [hook('web')]: script('false') });
    execFileSync('chown', ['--recursive', '65534:65534', repository.path]);
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual(sayChanged('web'));
  });

  it('tells the nearest name of an image that the catalogue does not have, and takes patterns', async () => {
    expect(await readRefusal(repository.path, { images: 'wbe' })).toContain('Did you mean "web"?');
    expect(await readRefusal(repository.path, { images: 'x*' })).toContain(
      'image-not-in-catalogue',
    );
    expect(Object.keys(await listReasons(repository.path, { images: 'w*b' }))).toEqual(['web']);
    expect(Object.keys(await listReasons(repository.path, { images: '*s*' }))).toEqual(['store']);
  });

  it('counts inputs that are given beside the image', async () => {
    repository.change({ 'trove-images.yml': catalogue.replace(', elements-path: elements', '') });
    repository.commit();
    repository.change({ [hook('web')]: script('false') });
    expect(await readRefusal(repository.path, { base: 'HEAD' })).toContain('unknown-element');
    const inputs = 'elements-path=elements';
    expect(await listReasons(repository.path, { base: 'HEAD', inputs })).toEqual(sayChanged('web'));
  });
});

describe('Trove in a plan', () => {
  const withTrove = `version: 1
defaults: { guest-release: bookworm }
images:
  source: { guest-agent: source, trove-path: trove }
  package: { guest-agent: package }
`;

  it('as a submodule counts by its commit', async () => {
    const first = makeTroveTree(join(directory, 'upstream')).commit ?? '';
    repository.git('submodule', '--quiet', 'add', join(directory, 'upstream'), 'trove');
    repository.change({ 'trove-images.yml': withTrove });
    repository.commit();
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({});
    runGit(
      join(repository.path, 'trove'),
      'commit',
      '--quiet',
      '--allow-empty',
      '--message',
      'Next',
    );
    const next = runGit(join(repository.path, 'trove'), 'rev-parse', 'HEAD').trim();
    repository.commit();
    const said = `Trove is at ${next.slice(0, 12)}, was at ${first.slice(0, 12)}`;
    expect(await listReasons(repository.path, { base: 'HEAD^1' })).toEqual({ source: [said] });
  });

  it('as files of the repository counts by its elements, and by what else decides an image', async () => {
    makeTroveTree(join(repository.path, 'trove'), { git: false });
    repository.change({ 'trove-images.yml': withTrove });
    repository.commit();
    const clean = 'guest-agent/post-install.d/99-clean-apt';
    repository.change({ [`trove/integration/scripts/files/elements/${clean}`]: script('true') });
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({
      source: [`script ${clean} changed`],
    });
    repository.git('checkout', '--quiet', '--', '.');
    repository.change({ 'trove/tox.ini': '[testenv]\n', 'trove/README.rst': 'x\n' });
    expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({
      source: ['file trove/tox.ini changed'],
    });
  });

  it('as the repository itself: every commit is another revision of the agent', async () => {
    makeTroveTree(join(directory, 'upstream'));
    const path = join(directory, 'upstream');
    const { path: other } = repository;
    cpSync(join(other, 'elements'), join(path, 'site'), { recursive: true });
    const text = withTrove.replace('trove-path: trove', 'trove-path: .');
    execFileSync('tee', [join(path, 'trove-images.yml')], {
      input: text,
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    runGit(path, 'add', '--all');
    runGit(path, 'commit', '--quiet', '--message', 'Images');
    runGit(path, 'commit', '--quiet', '--allow-empty', '--message', 'Nothing');
    const reasons = await listReasons(path, { base: 'HEAD^1' });
    expect(reasons).toEqual({
      source: [expect.stringMatching(/^Trove is at [0-9a-f]{12}, was at /)],
    });
    // what is not committed is not in the agent
    expect(await listReasons(path, { base: 'HEAD' })).toEqual({});
  });

  it('of another repository counts by what its references stand for', async () => {
    const upstream = makeTroveTree(join(directory, 'upstream'));
    const ref = upstream.commit ?? '';
    const text = (name: string): string =>
      withTrove.replace(
        'trove-path: trove',
        `trove-repository: ${upstream.path}, trove-ref: ${name}`,
      );
    const home = process.env.XDG_CACHE_HOME;
    process.env.XDG_CACHE_HOME = join(directory, 'cache');
    try {
      repository.change({ 'trove-images.yml': text('master') });
      repository.commit();
      // another name for the same commit
      repository.change({ 'trove-images.yml': text(ref) });
      expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({});
      repository.commit();
      const next = commitHook(upstream, 'true');
      repository.change({ 'trove-images.yml': text(next) });
      expect(await listReasons(repository.path, { base: 'HEAD' })).toEqual({
        source: [
          'element guest-agent changed',
          expect.stringMatching(/^input trove-ref changed from [0-9a-f]{40} to /),
          `Trove is at ${next.slice(0, 12)}, was at ${ref.slice(0, 12)}`,
        ],
      });
    } finally {
      if (home === undefined) delete process.env.XDG_CACHE_HOME;
      else process.env.XDG_CACHE_HOME = home;
    }
  });
});
