import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  answerOf,
  changeTree,
  check,
  describeTree,
  makeTree,
  openBench,
  type SavedBlob,
  save,
} from '../support/layer/bench.ts';

const bench = openBench('layer-trees-');
const { at } = bench;
const tree = bench.place('tree');
const blobs: SavedBlob[] = [];
/** The tree as it was at each checkpoint. */
const states: ReturnType<typeof describeTree>[] = [];

function restore(name: string, layers: readonly SavedBlob[]): ReturnType<typeof describeTree> {
  const target = bench.place(name);
  answerOf(['restore', target, at(`${name}.state`), ...layers.map(({ path }) => path)]);
  return describeTree(target);
}

const paths = (state: ReturnType<typeof describeTree>): string[] => Object.keys(state).sort();

/** What `save` wrote down of a layer, read back from the record of its check. */
const membersOf = (blob: SavedBlob): { kinds: Record<string, string>; deleted: string[] } =>
  JSON.parse(readFileSync(`${blob.path}.members`, 'utf8'));

beforeAll(() => {
  makeTree(tree);
  for (const step of [0, 1, 2, 3] as const) {
    if (step > 0) changeTree(tree, step as 1 | 2 | 3);
    states.push(describeTree(tree));
    blobs.push(save(tree, at('state'), at(`blob-${step}`)));
  }
}, 60_000);
afterAll(() => bench.close());

describe('a saved layer', () => {
  it('is accepted by the check, whatever is in the tree', () => {
    expect(blobs.map(check)).toEqual([null, null, null, null]);
  });

  it('gives back the tree: modes, owners, times, links, devices, attributes, ACLs and holes', () => {
    const [first] = blobs as [SavedBlob];
    const found = restore('first', [first]);
    expect(paths(found)).toEqual(paths(states[0] as never));
    expect(found).toEqual(states[0]);
  });

  it('gives back the last state as the end of a chain of four', () => {
    expect(restore('chain', blobs)).toEqual(states[3]);
  });

  it('gives back each state when its layers come one by one, as in a build', () => {
    for (const [index, blob] of blobs.entries())
      expect({ index, found: restore('steps', [blob]) }).toEqual({ index, found: states[index] });
  });

  it('holds only what changed, and names what is gone', () => {
    const { kinds, deleted } = membersOf(blobs[1] as SavedBlob);
    expect(Object.keys(kinds)).not.toContain('plain');
    expect(deleted).toEqual(
      [
        ...['gone', 'gone/below', 'gone/below/it', 'gone/below/it/file', 'latin \udce9\udc80'],
        ...['was-directory/below', 'was-directory/below/file'],
      ].sort(),
    );
    expect(kinds).toMatchObject({
      ...{ setuid: '0', owned: '0', user: '0', 'same-size': '0', empty: '5', links: '5' },
      ...{ 'links/pair-a': '0', 'links/pair-b': '0', 'was-directory': '2', 'was-file': '5' },
      'newlatin \udce9\udc80': '0',
    });
  });

  it('is empty when nothing changed', () => {
    const again = save(tree, at('state'), at('blob-again'));
    expect({ entries: again.entries, treeBytes: again.treeBytes }).toEqual({
      entries: 0,
      treeBytes: 0,
    });
    expect(check(again)).toBeNull();
    expect(restore('again', [...blobs, again])).toEqual(states[3]);
  });

  it('of a restored tree is empty too: it is the same state', () => {
    const found = save(at('chain'), at('chain.state'), at('blob-chain'));
    expect(found.entries).toBe(0);
  });

  it.each([
    ['TAR_OPTIONS', '--exclude=*'],
    ['ZSTD_CLEVEL', 'nonsense'],
    ['LC_ALL', 'C'],
    ['PYTHONIOENCODING', 'utf-16'],
  ])('does not depend on the environment: %s=%s', (name, value) => {
    const environment = { [name]: value };
    const suffix = `${name}-${value.replace(/\W/g, '')}`;
    const blob = at(`blob-${suffix}`);
    const answer = answerOf(['save', tree, at(`state-${suffix}`), blob], { environment });
    const saved = { path: blob, ...answer } as unknown as SavedBlob;
    expect(check(saved)).toBeNull();
    const target = bench.place(`tree-${suffix}`);
    answerOf(['restore', target, at(`restored-${suffix}`), blob], { environment });
    expect(describeTree(target)).toEqual(states[3]);
  });
});

describe('names that are not UTF-8', () => {
  it('are the same for callers of different locales', () => {
    const locales = bench.place('locales');
    // nobody has it installed any more
    execFileSync(
      'localedef',
      [...['-i', 'en_US'], ...['-f', 'ISO-8859-1'], `${locales}/en_US.ISO-8859-1`],
      { stdio: 'ignore' },
    );
    const environment = { LOCPATH: locales, LC_ALL: 'en_US.ISO-8859-1' };
    const blob = at('blob-latin');
    const answer = answerOf(['save', tree, at('state-latin'), blob], { environment });
    expect(check({ path: blob, ...answer } as unknown as SavedBlob)).toBeNull();
    const { kinds } = membersOf({ path: blob } as SavedBlob);
    expect(Object.keys(kinds)).toContain('newlatin \udce9\udc80');
    const target = bench.place('tree-latin');
    answerOf(['restore', target, at('restored-latin'), blob], { environment });
    expect(describeTree(target)).toEqual(states[3]);
  });
});

describe('restoring', () => {
  it('leaves nothing of a check behind that another file could use', () => {
    const [first, second] = blobs as [SavedBlob, SavedBlob];
    const copy = { ...first, path: at('copy') };
    copyFileSync(first.path, copy.path);
    expect(check(copy)).toBeNull();
    copyFileSync(second.path, copy.path);
    expect(() => restore('other', [copy])).toThrow('is not the file that was checked');
    expect(readdirSync(at('other'))).toEqual([]);
    expect(check({ ...second, sha256: first.sha256, path: copy.path })).toMatch('SHA-256 differs');
    expect(() => restore('other', [copy])).toThrow('was not checked');
  });

  it('looks at all layers before it changes anything', () => {
    const target = bench.place('untouched');
    writeFileSync(`${target}/mine`, 'mine');
    const [first] = blobs as [SavedBlob];
    const unchecked = at('unchecked');
    copyFileSync((blobs[1] as SavedBlob).path, unchecked);
    expect(() => answerOf(['restore', target, at('u.state'), first.path, unchecked])).toThrow(
      `${unchecked} was not checked`,
    );
    expect(readdirSync(target)).toEqual(['mine']);
    expect(existsSync(at('u.state'))).toBe(false);
  });

  it('gives the root of the tree its own mode and owner', () => {
    const small = bench.place('small');
    chmodSync(small, 0o711);
    chownSync(small, 12, 34);
    const blob = save(small, at('small.state'), at('blob-small'));
    expect(check(blob)).toBeNull();
    restore('small-again', [blob]);
    const { mode, uid, gid } = statSync(at('small-again'));
    expect({ mode: mode & 0o7777, uid, gid }).toEqual({ mode: 0o711, uid: 12, gid: 34 });
  });
});
