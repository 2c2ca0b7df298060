import { describe, expect, it } from '@jest/globals';
import { listScripts, resolveClosure } from '../../../src/core/image/closure.ts';
import { findNearest } from '../../../src/core/inputs/nearest.ts';
import { type Element, phases } from '../../../src/model/elements.ts';
import { problemsOf } from '../support/inputs.ts';
import { readJson, readTimedLog } from '../support/recordings.ts';

/** diskimage-builder's elements as they were copied in a recorded build, and what it expanded them to. */
const recorded = readJson<{
  readonly wanted: readonly string[];
  readonly expanded: readonly string[];
  readonly elements: readonly Element[];
}>('debian-bookworm-elements.json');

const element = (name: string, overrides: Partial<Element> = {}): Element => ({
  name,
  path: `/e/${name}`,
  dependsOn: [],
  provides: [],
  scripts: {},
  sourceRepositories: [],
  ...overrides,
});

const resolve = (wanted: readonly string[], known: readonly Element[]) =>
  resolveClosure(wanted, known, ['/e', '/f'], findNearest);
const namesOf = (wanted: readonly string[], known: readonly Element[]) =>
  resolve(wanted, known).map(({ name }) => name);

describe('the closure', () => {
  it('of a real build is what diskimage-builder expanded it to', () => {
    expect(namesOf(recorded.wanted, recorded.elements)).toEqual(recorded.expanded);
  });

  it('follows dependencies of dependencies, and ends in a circle', () => {
    const known = [
      element('a', { dependsOn: ['b'] }),
      element('b', { dependsOn: ['c'] }),
      element('c', { dependsOn: ['a'] }),
      element('unused'),
    ];
    expect(namesOf(['a'], known)).toEqual(['a', 'b', 'c']);
  });

  it('takes a name that an element provides as there', () => {
    const known = [
      element('os', { provides: ['operating-system'] }),
      element('disk', { provides: ['block-device'] }),
      element('boot', { dependsOn: ['block-device', 'operating-system'] }),
    ];
    expect(namesOf(['boot', 'os', 'disk'], known)).toEqual(['boot', 'disk', 'os']);
  });

  it('leaves out an element that another one provides, as diskimage-builder does', () => {
    const known = [
      element('own-boot', { provides: ['bootloader'] }),
      element('bootloader'),
      element('vm', { dependsOn: ['bootloader'] }),
    ];
    expect(namesOf(['own-boot', 'vm'], known)).toEqual(['own-boot', 'vm']);
  });

  it('names an element that is not there, who wants it, where it looked, and the nearest one', () => {
    const known = [element('a', { dependsOn: ['docker-engin'] }), element('docker-engine')];
    expect(problemsOf(() => resolve(['a', 'xyzzy'], known))).toEqual([
      {
        code: 'unknown-element',
        message:
          'elements: there is no element "xyzzy", which the elements asked for names. Searched: /e, /f.',
        hint: 'Correct the name, or add its directory to elements-path.',
      },
      {
        code: 'unknown-element',
        message:
          'elements: there is no element "docker-engin", which element a names. Searched: /e, /f.',
        hint: 'Did you mean "docker-engine"?',
      },
    ]);
  });

  it('names both owners of a hook that is there twice, and only hooks of elements in use', () => {
    const hooks = { install: ['50-x'], root: ['50-x'] };
    const known = [
      element('a', { scripts: hooks }),
      element('b', { scripts: { install: ['50-x'] } }),
      element('c', { scripts: hooks }),
    ];
    expect(
      problemsOf(() => resolve(['a', 'b'], known)).map(({ code, message }) => [code, message]),
    ).toEqual([
      [
        'duplicate-hook',
        'elements: a and b both have the hook install.d/50-x; diskimage-builder accepts one.',
      ],
    ]);
  });
});

describe('the scripts', () => {
  it('of a real build are listed in the order in which they ran', () => {
    const ran = readTimedLog('debian-bookworm-build.log')
      .map(([, line]) => /^dib-run-parts Running \S*\/([a-z-]+)\.d\/(\S+)$/.exec(line))
      .filter((match) => match !== null)
      .map((match) => `${match[1]} ${match[2]}`);
    const listed = listScripts(resolve(recorded.wanted, recorded.elements));
    expect(listed.map(({ phase, script }) => `${phase} ${script}`)).toEqual(ran);
    expect(ran.length).toBeGreaterThan(50);
  });

  it('of a phase run by number, then by name, as sort -n puts them', () => {
    const scripts = { install: ['100-a', '20-b', '9-c', '20-a', '020-a', '00-z', '20-B'] };
    expect(listScripts([element('a', { scripts })]).map(({ script }) => script)).toEqual([
      ...['00-z', '9-c', '020-a', '20-B', '20-a', '20-b', '100-a'],
    ]);
  });

  it('without a number run first, as sort -n puts them', () => {
    const scripts = { install: ['05-a', 'setup', '10-b', '00-a'] };
    expect(listScripts([element('a', { scripts })]).map(({ script }) => script)).toEqual([
      ...['00-a', 'setup', '05-a', '10-b'],
    ]);
  });

  it('run phase by phase, each with its element', () => {
    const scripts = Object.fromEntries([...phases].reverse().map((phase) => [phase, ['50-x']]));
    expect(listScripts([element('a', { scripts })])).toEqual(
      phases.map((phase) => ({ phase, script: '50-x', element: 'a' })),
    );
  });
});
