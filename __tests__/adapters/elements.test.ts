import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createElements } from '../../src/adapters/elements.ts';

let directory: string;
const elements = createElements();
const at = (...parts: readonly string[]): string => join(directory, ...parts);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'elements-test-'));
  mkdirSync(at('one', 'greeting', 'install.d'), { recursive: true });
  mkdirSync(at('one', 'greeting', 'environment.d'));
  mkdirSync(at('one', 'greeting', 'static', 'etc'), { recursive: true });
  writeFileSync(
    at('one', 'greeting', 'element-deps'),
    '# what it needs\nbase  vm # more\n\ndpkg\n',
  );
  writeFileSync(at('one', 'greeting', 'element-provides'), 'operating-system\n');
  writeFileSync(at('one', 'greeting', 'pkg-map'), 'one\n');
  writeFileSync(at('one', 'greeting', 'svc-map'), 'two\n');
  writeFileSync(at('one', 'greeting', 'environment.d', '10-set.bash'), 'export A=1\n');
  writeFileSync(at('one', 'greeting', 'install.d', '10-greet'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(at('one', 'greeting', 'install.d', 'README'), 'not run\n');
  writeFileSync(at('one', 'greeting', 'install.d', '20-odd~'), '#!/bin/sh\n', { mode: 0o755 });
  writeFileSync(at('one', 'greeting', 'static', 'etc', 'greeting'), 'hello\n');
});
afterEach(() => rmSync(directory, { recursive: true }));

const digest = async (): Promise<string> => {
  const found = await elements.read([at('one')]);
  return (await elements.digest(found))[0]?.sha256 ?? '';
};

describe('reading elements', () => {
  it('finds dependencies, what is provided, sources, and the hooks that would really run', async () => {
    writeFileSync(at('one', 'greeting', 'source-repository-greeting'), '');
    expect(await elements.read([at('one')])).toEqual([
      {
        name: 'greeting',
        path: at('one', 'greeting'),
        dependsOn: ['base', 'vm', 'dpkg'],
        provides: ['operating-system'],
        scripts: { install: ['10-greet'] },
        sourceRepositories: ['source-repository-greeting'],
      },
    ]);
  });

  it('takes the first directory that has a name, and passes over directories that are not there', async () => {
    mkdirSync(at('two', 'greeting'), { recursive: true });
    mkdirSync(at('two', 'other'));
    writeFileSync(at('two', 'a-file'), '');
    const found = await elements.read([at('none'), at('two'), at('one')]);
    expect(found.map(({ path }) => path)).toEqual([at('two', 'greeting'), at('two', 'other')]);
  });

  it('follows an element that is a link to its directory, as diskimage-builder does', async () => {
    mkdirSync(at('links'));
    symlinkSync(at('one', 'greeting'), at('links', 'linked'));
    const found = await elements.read([at('links')]);
    expect(found.map(({ name, scripts }) => [name, scripts])).toEqual([
      ['linked', { install: ['10-greet'] }],
    ]);
  });

  it('finds hooks that the element install-types links into a phase', async () => {
    const install = at('typed', 'agent', 'install.d', 'agent-source-install');
    mkdirSync(install, { recursive: true });
    writeFileSync(join(install, '31-agent'), '#!/bin/bash\n', { mode: 0o755 });
    writeFileSync(join(install, 'agent.service'), '[Unit]\n');
    const [found] = await elements.read([at('typed')]);
    expect(found).toMatchObject({
      scripts: { install: [] },
      linkedScripts: { install: ['agent-source-install/31-agent'] },
    });
  });

  it('finds hooks that are links to executable files', async () => {
    symlinkSync('10-greet', at('one', 'greeting', 'install.d', '30-again'));
    const [found] = await elements.read([at('one')]);
    expect(found?.scripts.install?.toSorted()).toEqual(['10-greet', '30-again']);
  });
});

describe('the digest of an element', () => {
  it('is the same for the same tree, wherever and whenever it was written', async () => {
    const before = await digest();
    utimesSync(at('one', 'greeting', 'element-deps'), 0, 0);
    mkdirSync(at('one', 'greeting', '__pycache__'));
    writeFileSync(at('one', 'greeting', '__pycache__', 'x.pyc'), 'compiled');
    renameSync(at('one'), at('moved'));
    renameSync(at('moved'), at('one'));
    expect(await digest()).toBe(before);
  });

  const file = ['one', 'greeting', 'static', 'etc', 'greeting'] as const;
  const changes: readonly [string, () => void][] = [
    ['a byte of a file', () => writeFileSync(at(...file), 'hullo\n')],
    ['the mode of a file', () => chmodSync(at(...file), 0o755)],
    ['the mode of a directory', () => chmodSync(at('one', 'greeting', 'static', 'etc'), 0o700)],
    ['the name of a file', () => renameSync(at(...file), `${at(...file)}s`)],
    ['the directory of a file', () => renameSync(at(...file), at('one', 'greeting', 'greeting'))],
    [
      'a file into a link to its like',
      () => {
        renameSync(at(...file), `${at(...file)}-real`);
        symlinkSync('greeting-real', at(...file));
      },
    ],
    ['an empty file', () => writeFileSync(at('one', 'greeting', 'empty'), '')],
    ['an empty directory', () => mkdirSync(at('one', 'greeting', 'empty'))],
    [
      'the end of one file into the next',
      () => {
        writeFileSync(at('one', 'greeting', 'pkg-map'), '');
        writeFileSync(at('one', 'greeting', 'svc-map'), 'one\ntwo\n');
      },
    ],
    ['a file that is gone', () => unlinkSync(at('one', 'greeting', 'install.d', 'README'))],
  ];
  it.each(changes)('changes with %s', async (_, change) => {
    const before = await digest();
    change();
    expect(await digest()).not.toBe(before);
  });

  it('changes with the target of a link', async () => {
    symlinkSync('a', at('one', 'greeting', 'link'));
    const before = await digest();
    unlinkSync(at('one', 'greeting', 'link'));
    symlinkSync('b', at('one', 'greeting', 'link'));
    expect(await digest()).not.toBe(before);
  });
});
