import { readdirSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { type KnownElement, readElements } from '../../../src/core/matrix/elements.ts';
import { explainElements, explainFiles } from '../../../src/core/matrix/explain-elements.ts';
import { renderReason } from '../../../src/core/matrix/jobs.ts';
import { createTree } from '../../../src/core/matrix/tree.ts';
import { builderElements } from '../../../src/model/builder-elements.ts';
import { reachesBuild } from '../../../src/model/element-files.ts';
import type { Reason, TreeFile } from '../../../src/model/matrix.ts';

/** Texts by path; a text that begins with `->` is a link, one that begins with `!` an executable. */
function read(files: Readonly<Record<string, string>>): readonly KnownElement[] {
  const texts = new Map<string, string>();
  const list = Object.entries(files).map(([path, text]): TreeFile => {
    const plain = text.replace(/^(->|!)/, '');
    texts.set(`id ${text}`, plain);
    const mode = text.startsWith('->') ? '120000' : text.startsWith('!') ? '100755' : '100644';
    return { path, mode, id: `id ${text}` };
  });
  return readElements(createTree(list, texts), 'elements', '/root', texts);
}
const sentences = (reasons: readonly Reason[]): readonly string[] => reasons.map(renderReason);

describe('an element in a repository', () => {
  it('is read as it would be from the disk', () => {
    const [found] = read({
      'elements/a/element-deps': 'base # first\n\nvm\n',
      'elements/a/element-provides': 'operating-system\n',
      'elements/a/environment.d/10-a.bash': 'x',
      'elements/a/install.d/10-a': '!x',
      'elements/a/install.d/20-not-executable': 'x',
      'elements/a/install.d/30-odd~': '!x',
      'elements/a/install.d/a-source-install/31-a': '!x',
      'elements/a/install.d/40-linked': '->10-a',
      'elements/a/source-repository-a': 'x',
      'elements/README': 'x',
    });
    expect(found?.element).toEqual({
      name: 'a',
      path: '/root/elements/a',
      dependsOn: ['base', 'vm'],
      provides: ['operating-system'],
      scripts: { install: ['10-a', '40-linked'] },
      linkedScripts: { install: ['a-source-install/31-a'] },
      sourceRepositories: ['source-repository-a'],
    });
  });

  it('has the same digest for the same content, wherever it lies', () => {
    const files = { 'install.d/10-a': '!x', 'static/etc/a': 'y' };
    const at = (place: string) =>
      read(
        Object.fromEntries(Object.entries(files).map(([path, text]) => [`${place}/${path}`, text])),
      );
    const [here] = at('elements/a');
    const texts = new Map([['id ->../parts/a', '../parts/a']]);
    const list = [
      { path: 'elements/a', mode: '120000', id: 'id ->../parts/a' },
      { path: 'parts/a/install.d/10-a', mode: '100755', id: 'id !x' },
      { path: 'parts/a/static/etc/a', mode: '100644', id: 'id y' },
    ];
    const [linked] = readElements(createTree(list, texts), 'elements', '/root', texts);
    expect(linked?.identity).toBe(here?.identity);
    expect(linked?.element.scripts).toEqual({ install: ['10-a'] });
  });

  it('counts what a link out of it leads to, file or directory, but nothing of the system', () => {
    const [found] = read({
      'common/install.d/10-common': '!x',
      'common/install.d/README': 'x',
      'common/list': 'x',
      'elements/a/install.d': '->../../common/install.d',
      'elements/a/pkg-map': '->../../common/list',
      'elements/a/static/localtime': '->/usr/share/zoneinfo/UTC',
      'elements/a/static/other': '->localtime',
    });
    expect(found?.element.scripts).toEqual({ install: ['10-common'] });
    expect(found?.files?.map(({ path }) => path)).toEqual([
      'install.d',
      'install.d -> common/install.d/10-common',
      'pkg-map',
      'pkg-map -> common/list',
      'static/localtime',
      'static/other',
    ]);
  });

  it.each([
    ['README.rst', false],
    ['LICENSE', false],
    ['element-deps', false],
    ['element-provides', false],
    ['.gitignore', false],
    ['tests/unit', false],
    ['test-elements/x/install.d/1-x', false],
    ['bin/__pycache__/x.pyc', false],
    ['bin/tool.pyc', false],
    ['static/README', true],
    ['install.d/README.rst', true],
    ['package-installs.yaml', true],
    ['element-deps.d/10-x', true],
    ['notes.md', true],
    ['static/tests/x', true],
  ])('has %s, which reaches a build: %s', (path, expected) => {
    expect(reachesBuild(path)).toBe(expected);
  });
});

describe('the elements of diskimage-builder', () => {
  it('are all known by name', () => {
    const directory = '/usr/lib/python3/dist-packages/diskimage_builder/elements';
    const there = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('__'))
      .map(({ name }) => name);
    expect(there.length).toBeGreaterThan(100);
    expect(there.filter((name) => !builderElements.includes(name))).toEqual([]);
  });
});

describe('what changed in elements', () => {
  const base = { 'elements/a/element-deps': 'b\n', 'elements/a/x': 'x', 'elements/b/x': 'x' };

  it('names dependencies that bring elements in or leave them out, and no others', () => {
    const before = read({ ...base, 'elements/c/x': 'x' });
    const now = read({
      'elements/a/element-deps': 'c\nd\n',
      'elements/a/x': 'x',
      'elements/c/x': 'x',
      'elements/d/x': 'x',
    });
    expect(sentences(explainElements(before, now))).toEqual([
      'dependency list a/element-deps names d now',
      'dependency list a/element-deps no longer names b',
    ]);
  });

  it('names what an element provides in place of another', () => {
    const now = read({ ...base, 'elements/a/element-provides': 'b\n' }).slice(0, 1);
    expect(sentences(explainElements(read(base), now))).toEqual([
      'dependency list a/element-provides names b now',
    ]);
  });

  it('names one that comes from elsewhere', () => {
    const [inRepository] = read({ 'elements/a/x': 'x' });
    if (inRepository === undefined) throw new Error('there is no element');
    const onDisk = { ...inRepository, from: '/usr/share/elements', identity: 'other', files: null };
    expect(sentences(explainElements([onDisk], [inRepository]))).toEqual([
      'element a comes from elements/a now, and not from /usr/share/elements',
    ]);
  });

  it('tells renamed files from new ones, also when several are alike', () => {
    const at = (path: string, id = 'same', mode = '100644'): TreeFile => ({ path, id, mode });
    const name = (subject: string) => ({ kind: 'file', subject }) as const;
    const before = [
      at('a'),
      at('b'),
      at('c', 'other'),
      at('d', 'd', '100755'),
      at('e', 'e', '120000'),
    ];
    const now = [at('c', 'changed'), at('d', 'd'), at('e', 'e'), at('x'), at('y'), at('z')];
    expect(
      explainFiles(before, now, name).map(({ subject, change }) => `${subject} ${change}`),
    ).toEqual([
      'c changed',
      'd is no longer executable',
      'e changed',
      'x was a',
      'y was b',
      'z is new',
    ]);
    expect(explainFiles(now, before, name).at(-1)).toMatchObject({
      subject: 'z',
      change: 'is gone',
    });
  });
});
