import { lstatSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Member, writeLayer } from '../support/layer/archive.ts';
import { answerOf, check, openBench, runLayer } from '../support/layer/bench.ts';

const bench = openBench('layer-targets-');
const { at } = bench;
/** A tree that no restore in this file may change, and what is beside it. */
const tree = bench.place('outer/tree');

/** Everything in the tree and beside it; no link is followed. */
const look = (folder = at('outer')): string =>
  readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const path = `${folder}/${entry.name}`;
      const { mode, ino, ctimeMs } = lstatSync(path);
      const below = entry.isDirectory() ? look(path) : '';
      return `${path} ${mode} ${ino} ${ctimeMs}\n${below}`;
    })
    .join('');

beforeAll(() => {
  mkdirSync(`${tree}/directory`);
  writeFileSync(`${tree}/directory/file`, 'of the tree');
  writeFileSync(at('outer/secret'), 'of the host');
  symlinkSync(at('outer'), `${tree}/way-out`);
});
afterAll(() => bench.close());

describe('a layer that is well made is not restored', () => {
  const refuse = (members: readonly Member[], head: unknown, target = tree): string => {
    const blob = writeLayer(at('through'), members, { head });
    expect(check(blob)).toBeNull();
    const before = look();
    const { status, error } = runLayer(['restore', target, at('state'), blob.path]);
    expect(status).toBe(1);
    expect(look()).toBe(before);
    return error;
  };

  it('through a link that is in the tree already', () => {
    expect(refuse([{ name: 'way-out/evil' }], {})).toMatch(
      'would be written below /way-out, which is no directory',
    );
  });

  it('through a file that is in the tree already, or a directory that is not', () => {
    expect(refuse([{ name: 'directory/file/evil' }], {})).toMatch('which is no directory');
    expect(refuse([{ name: 'nothing/evil' }], {})).toMatch('which is no directory');
  });

  it('below a directory that it deletes, and before it deletes anything', () => {
    const head = { deleted: ['directory'] };
    expect(refuse([{ name: 'directory/evil' }], head)).toMatch('which is no directory');
  });

  it('through a link that an earlier layer makes', () => {
    const first = writeLayer(at('first'), [{ name: 'trap', kind: '2', link: at('outer') }]);
    const second = writeLayer(at('second'), [{ name: 'trap/evil' }]);
    expect([check(first), check(second)]).toEqual([null, null]);
    const before = look();
    const { error } = runLayer(['restore', tree, at('state'), first.path, second.path]);
    expect(error).toMatch('would be written below /trap, which is no directory');
    expect(look()).toBe(before);
  });

  it.each([
    [{ deleted: ['way-out/secret'] }, []],
    [{}, [{ name: 'way-out/', kind: '5' }]],
    [{}, [{ name: 'way-out', data: 'a file instead' }]],
  ] as const)('over the target of a link: %j %j', (head, members) => {
    const target = bench.place(`over-${JSON.stringify([head, members]).replace(/\W+/g, '')}`);
    symlinkSync(at('outer'), `${target}/way-out`);
    const blob = writeLayer(at('over'), members, { head });
    expect(check(blob)).toBeNull();
    const before = look();
    answerOf(['restore', target, at('over.state'), blob.path]);
    expect(look()).toBe(before);
    expect(lstatSync(`${target}/way-out`).isSymbolicLink()).toBe(members.length === 0);
  });
});
