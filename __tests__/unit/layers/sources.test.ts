import { describe, expect, it } from '@jest/globals';
import { listPhaseScripts } from '../../../src/core/layers/scripts.ts';
import { listSourcePaths, planDeferral } from '../../../src/core/layers/sources.ts';
import { hookFile } from '../support/layer-hooks.ts';

const url = 'https://git.example.org/x';

describe('the paths of sources', () => {
  const rows: readonly (readonly [string, string, readonly string[]])[] = [
    ['a git repository', `agent git /opt/guest-agent ${url} main\n`, ['opt/guest-agent']],
    ['an archive file', 'x tar /opt/x http://archive.example.org/x.tgz .\n', ['opt/x']],
    ['a plain file', 'x file /opt/x/one http://archive.example.org/one\n', ['opt/x/one']],
    ['several lines', `a git /opt/a ${url}\nb git /opt/b ${url}`, ['opt/a', 'opt/b']],
    ['spaces and tabs', `  a   git\t/opt/a   ${url}  `, ['opt/a']],
    ['slashes too many', `a git //opt//a/// ${url}`, ['opt/a']],
    ['the same path twice', `a git /opt/a ${url}\nb git /opt/a/ ${url}`, ['opt/a']],
    ['one path inside the other', `a git /opt/a ${url}\nb git /opt/a/b ${url}`, ['opt/a']],
    [
      'one that only begins alike',
      `a git /opt/a ${url}\nb git /opt/ab ${url}`,
      ['opt/a', 'opt/ab'],
    ],
    ['a comment', `# agent git /opt/a ${url}\n#agent git /opt/b ${url}`, []],
    ['nothing', '\n\n', []],
    ['a line that is cut off', 'agent git\nagent', []],
    ['a type that is not known', `a package /opt/a ${url}`, []],
    ['a path that is not absolute', `a git opt/a ${url}`, []],
    ['a path that leads out', `a git /opt/../../etc ${url}`, []],
    ['a path with a variable', `a git /opt/$NAME ${url}`, []],
    ['the whole tree', `a git / ${url}`, []],
  ];

  it.each(rows)('of %s', (_what, text, expected) => {
    expect(listSourcePaths([hookFile('source-repository-x', text, '0644')])).toEqual(expected);
  });

  it('come from the files of that name only', () => {
    const line = `a git /opt/a ${url}`;
    const files = ['x', 'source-repository-x~', 'install.d/source-repository-x', 'sources'];
    expect(listSourcePaths(files.map((path) => hookFile(path, line)))).toEqual([]);
    expect(listSourcePaths([hookFile('source-repository-x', null)])).toEqual([]);
  });

  it('come from all files of that name', () => {
    const files = ['a', 'b'].map((name) =>
      hookFile(`source-repository-${name}`, `${name} git /opt/${name} ${url}`),
    );
    expect(listSourcePaths(files)).toEqual(['opt/a', 'opt/b']);
  });
});

describe('a source', () => {
  const path = 'opt/guest-agent';
  const deferral = (texts: readonly (string | null)[], shared: readonly (string | null)[] = []) =>
    planDeferral(
      [path],
      listPhaseScripts(
        texts.map((text, index) => hookFile(`install.d/${index}-x`, text)),
        ['install'],
      ),
      shared.map((text, index) => hookFile(`bin/${index}`, text)),
    );

  it('comes late when a script that is not the first uses it', () => {
    expect(deferral(['true', 'true', `pip install /${path}`, 'true'])).toEqual([
      { path, consumer: 2 },
    ]);
  });

  it('comes back for the first of those that use it', () => {
    expect(deferral(['true', `ls /${path}/a`, `ls /${path}/b`])).toEqual([{ path, consumer: 1 }]);
  });

  const inTheWay: readonly (readonly [string, string | null])[] = [
    ['whose text is not known', null],
    ['that names a longer path', `ls /${path}-venv`],
    ['that names a file in it', `. /${path}/setup.sh`],
    ['that names its last part alone', 'cd /opt && pip install ./guest-agent'],
    ['that goes into the directory first', 'cd /opt\npip install guest-agent'],
    ['that names it in a variable', 'name=guest-agent\nls /$where/$name'],
    ['that lists the directory above', 'ls /opt'],
    ['that lists all in the directory above', 'chmod -R go-w /opt/*'],
    ['that names the directory above with a slash', 'find "/opt/" -type f'],
    ['that names something unknown in it', `ls /opt/$name`],
  ];
  it.each(inTheWay)('is there before a script %s', (_what, text) => {
    expect(deferral(['true', text, `ls /${path}`])).toEqual([{ path, consumer: 1 }]);
  });

  it.each([
    'ls /opt/other',
    'guest-agent-log x',
    'x-guest-agent',
    'ls /optional',
    'guest-agent.service',
  ])('does not come earlier for "%s"', (text) => {
    expect(deferral(['true', text, `ls /${path}`])).toEqual([{ path, consumer: 2 }]);
  });

  it('stays in the tree when the first script uses it, or none does', () => {
    expect(deferral([`ls /${path}`, 'true'])).toEqual([]);
    expect(deferral(['true', 'true'])).toEqual([]);
    expect(deferral([])).toEqual([]);
  });

  it('stays in the tree when something that any script may call uses it', () => {
    expect(deferral(['true', `ls /${path}`], [`exec /${path}/run`])).toEqual([]);
    expect(deferral(['true', `ls /${path}`], ['exec true', null])).toHaveLength(1);
  });

  it('is planned apart from the others', () => {
    const texts = ['true', 'ls /opt/b', 'ls /opt/a'];
    const scripts = listPhaseScripts(
      texts.map((text, index) => hookFile(`install.d/${index}-x`, text)),
      ['install'],
    );
    expect(planDeferral(['opt/a', 'opt/b', 'opt/c'], scripts, [])).toEqual([
      { path: 'opt/a', consumer: 2 },
      { path: 'opt/b', consumer: 1 },
    ]);
  });

  it('with dots and pluses in its name is taken literally', () => {
    const scripts = listPhaseScripts(
      [
        hookFile('install.d/0-x', 'true'),
        hookFile('install.d/1-x', 'ls axc'),
        hookFile('install.d/2-x', 'ls a.c++'),
      ],
      ['install'],
    );
    expect(planDeferral(['opt/a.c++'], scripts, [])).toEqual([{ path: 'opt/a.c++', consumer: 2 }]);
  });
});
