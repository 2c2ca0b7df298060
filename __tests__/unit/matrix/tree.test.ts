import { describe, expect, it } from '@jest/globals';
import { createTree, resolveLink } from '../../../src/core/matrix/tree.ts';
import type { TreeFile } from '../../../src/model/matrix.ts';

const texts = new Map<string, string>();
const file = (path: string, mode = '100644'): TreeFile => ({ path, mode, id: `id of ${path}` });
function link(path: string, text: string): TreeFile {
  texts.set(`id of ${path}`, text);
  return file(path, '120000');
}

const tree = createTree(
  [
    link('alias', 'parts/../elements/'),
    file('elements/a/install.d/10-a', '100755'),
    file('elements/a/install.d/20-b'),
    link('elements/b', 'a'),
    file('file'),
    link('inner/file', '../file'),
    link('loop/one', 'two'),
    link('loop/two', 'one'),
    link('lost', 'nowhere'),
    link('out', '../outside'),
    link('system', '/etc/passwd'),
    file('trove', '160000'),
    file('zz'),
  ],
  texts,
);

describe('a tree of files', () => {
  it.each([
    ['file', 'file'],
    ['inner/file', 'file'],
    ['alias/b/install.d/10-a', 'elements/a/install.d/10-a'],
    ['./elements//a/install.d/', 'elements/a/install.d'],
    ['alias', 'elements'],
    ['', ''],
  ])('finds %j at %j, through links', (path, expected) => {
    expect(tree.find(path)?.path).toBe(expected);
  });

  it.each([
    ['nothing', 'elements/none'],
    ['what is below a file', 'file/below'],
    ['links in a circle', 'loop/one'],
    ['a link to nothing', 'lost'],
    ['a link that leads out', 'out'],
    ['a link into the system', 'system'],
    ['what is below a submodule', 'trove/integration'],
  ])('finds nothing for %s', (_what, path) => {
    expect(tree.find(path)).toBeNull();
    expect([tree.list(path), tree.walk(path)]).toEqual([[], []]);
  });

  it('lists a directory, and walks it with paths that count from it', () => {
    expect(tree.list('alias/a/install.d')).toEqual(['10-a', '20-b']);
    expect(tree.walk('elements').map(({ path }) => path)).toEqual([
      'a/install.d/10-a',
      'a/install.d/20-b',
      'b',
    ]);
    expect(tree.list('').slice(0, 3)).toEqual(['alias', 'elements', 'file']);
  });

  it('arranges files that are not in order', () => {
    const files = [file('b/x'), file('a/x'), file('b/y')];
    expect(createTree(files, texts).list('b')).toEqual(['x', 'y']);
  });
});

describe('a link', () => {
  it.each([
    ['a/b/c', '../d', 'a/d'],
    ['a', './b/', 'b'],
    ['a/b', '../../c', null],
    ['a/b', '..', '.'],
    ['a', '/c', null],
    ['a', undefined, null],
  ])('at %j that says %j leads to %j', (path, text, expected) => {
    expect(resolveLink(path, text)).toBe(expected);
  });
});
