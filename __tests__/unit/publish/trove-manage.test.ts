import { execFileSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { composeTroveManage, type ManagedVersion } from '../../../src/core/publish/trove-manage.ts';
import { mysql } from '../../support/publish-wishes.ts';

const managed = (changes: Partial<ManagedVersion> = {}): ManagedVersion => ({
  ...{ ...mysql, isDefault: false, parametersPath: '' },
  ...changes,
});
const linesFor = (changes: Partial<ManagedVersion>) => composeTroveManage([managed(changes)], 'a1');

describe('the lines for a controller', () => {
  it('make datastore and version, which finds the image by its tags', () => {
    expect(linesFor({})).toEqual([
      "trove-manage datastore_update mysql ''",
      "trove-manage datastore_version_update --image-tags trove,mysql mysql 8.4 mysql '' '' 1",
    ]);
  });

  it('name the image, the version number, the default and the rules where they are asked for', () => {
    const lines = linesFor({
      ...{ find: 'id', version: '8.4.3', active: false, isDefault: true },
      parametersPath: '/srv/rules.json',
    });
    expect(lines).toEqual([
      "trove-manage datastore_update mysql ''",
      "trove-manage datastore_version_update --version 8.4.3 mysql 8.4 mysql a1 '' 0",
      'trove-manage datastore_update mysql 8.4',
      'trove-manage db_load_datastore_config_parameters --version 8.4.3 mysql 8.4 /srv/rules.json',
    ]);
  });

  it('are those of every version in turn', () => {
    const versions = [managed(), managed({ datastore: 'redis', name: '7' })];
    expect(composeTroveManage(versions, 'a1').join('\n')).toMatch(/mysql[\s\S]*redis/);
    expect(composeTroveManage([], 'a1')).toEqual([]);
  });

  it('are words for a shell whatever is in them, and nothing that it acts on', () => {
    const odd = [
      'a b',
      "it's",
      '$(touch /tmp/x)',
      '`id`',
      '"q"',
      'a;b',
      'a&&b',
      '*',
      '\\',
      'ü',
      '~',
    ];
    const path = odd.join("'");
    const lines = linesFor({ name: path, manager: '$HOME', tags: odd, parametersPath: `/${path}` });
    for (const line of lines) {
      const words = line.replace(/^trove-manage/, "printf '%s\\0'");
      const read = execFileSync('sh', ['-c', words], { encoding: 'utf8' });
      expect(read.split('\0').slice(0, -1)).toEqual(wordsOf(line, path, odd));
    }
  });
});

/** What a line has to give a program. */
function wordsOf(line: string, path: string, tags: readonly string[]): readonly string[] {
  const command = /^trove-manage (\w+)/.exec(line)?.[1] ?? '';
  const words: Readonly<Record<string, readonly string[]>> = {
    datastore_update: ['mysql', ''],
    datastore_version_update: [
      ...['--version', '8.4', '--image-tags', tags.join(',')],
      ...['mysql', path, '$HOME', '', '', '1'],
    ],
    db_load_datastore_config_parameters: ['--version', '8.4', 'mysql', path, `/${path}`],
  };
  return [command, ...(words[command] ?? [])];
}
