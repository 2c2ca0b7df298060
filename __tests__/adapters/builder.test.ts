import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readBuilder } from '../../src/adapters/builder.ts';
import { createCommands } from '../../src/adapters/commands.ts';

const commands = createCommands({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin' }, true);
let directory: string;
const at = (...parts: readonly string[]): string => join(directory, ...parts);

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'builder-test-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** Installs a disk-image-create whose interpreter answers with this version and these elements. */
function install(name: string, answer: readonly string[], exitCode = 0): string {
  mkdirSync(at(name, 'elements', 'debian-minimal', 'environment.d'), { recursive: true });
  mkdirSync(at(name, 'elements', 'ubuntu-common', 'environment.d'), { recursive: true });
  const python = at(name, 'python');
  const lines = answer.map((line) => `echo ${line}`);
  writeFileSync(python, ['#!/bin/sh', ...lines, `exit ${exitCode}`].join('\n'));
  chmodSync(python, 0o755);
  writeFileSync(at(name, 'disk-image-create'), `#!${python}\n`, { mode: 0o755 });
  return at(name, 'disk-image-create');
}
const read = (...paths: readonly string[]) =>
  readBuilder(
    commands,
    paths.map((executable) => ({ executable, from: 'venv' as const })),
  );

/** As the elements write it in bash. */
const withDefault = (name: string, url: string): string => `${name}=\${${name}:-${url}}`;

describe('looking for diskimage-builder', () => {
  it('asks the interpreter of the script for the version of its own package', async () => {
    const executable = install('a', ['3.35.0', at('a', 'elements')]);
    expect(await read(executable)).toMatchObject({
      executable,
      version: '3.35.0',
      elementsDir: at('a', 'elements'),
      from: 'venv',
    });
  });

  it('finds it behind a link', async () => {
    install('a', ['3.35.0', at('a', 'elements')]);
    symlinkSync(at('a', 'disk-image-create'), at('link'));
    expect(await read(at('link'))).toMatchObject({ executable: at('link'), version: '3.35.0' });
  });

  it('takes the first that works: a broken one, one of another kind and a missing one are passed over', async () => {
    const broken = install('broken', [], 1);
    const half = install('half', ['3.35.0']);
    writeFileSync(at('shell'), '#!/bin/sh\necho 3\n', { mode: 0o755 });
    const good = install('good', ['3.36.0', at('good', 'elements')]);
    expect(await read(at('missing'), at('shell'), broken, half, good)).toMatchObject({
      version: '3.36.0',
    });
    expect(await read(at('missing'), at('shell'), broken, half)).toBeNull();
  });

  it('reads the archives out of the elements that name them, for the architecture', async () => {
    const executable = install('a', ['3.35.0', at('a', 'elements')]);
    writeFileSync(
      at('a', 'elements', 'debian-minimal', 'environment.d', '10-debian-minimal.bash'),
      [
        `export ${withDefault('DIB_DISTRIBUTION_MIRROR', 'http://archive.example.org/debian/')}`,
        withDefault('DIB_DEBIAN_SECURITY_MIRROR', 'http://security.example.org/'),
      ].join('\n'),
    );
    writeFileSync(
      at('a', 'elements', 'ubuntu-common', 'environment.d', '10-ubuntu-distro-name.bash'),
      'default_ubuntu_mirror=http://ports.example.org/ubuntu-ports\ndefault_ubuntu_mirror=http://archive.example.org/ubuntu\n',
    );
    const candidates = [{ executable, from: 'host' as const }];
    const debian = {
      debian: 'http://archive.example.org/debian',
      debianSecurity: 'http://security.example.org',
    };
    expect((await readBuilder(commands, candidates))?.defaultMirrors).toEqual({
      ...debian,
      ubuntu: {
        amd64: 'http://archive.example.org/ubuntu',
        arm64: 'http://ports.example.org/ubuntu-ports',
      },
    });
  });

  it('names no archive where the elements name none', async () => {
    const executable = install('a', ['3.35.0', at('a', 'elements')]);
    expect((await read(executable))?.defaultMirrors).toEqual({
      debian: '',
      debianSecurity: '',
      ubuntu: { amd64: '', arm64: '' },
    });
  });
});
