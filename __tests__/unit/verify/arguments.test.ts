import { describe, expect, it } from '@jest/globals';
import { isSafePath } from '../../../src/core/inputs/values.ts';
import { readWords } from '../../../src/core/inputs/words.ts';
import { readVerifyArguments } from '../../../src/core/verify/arguments.ts';
import { renderVerifyHelp } from '../../../src/core/verify/help.ts';
import { TroveImageError } from '../../../src/errors.ts';

const caller = { cwd: '/home/user', temporaryDir: '/var/tmp', isSafePath, readWords };
const read = (...words: string[]) => readVerifyArguments(words, caller);

function mistakesOf(...words: string[]): readonly (readonly [string, string])[] {
  try {
    read(...words);
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    expect(error.kind).toBe('input');
    return error.problems.map(({ code, message }) => [code, message]);
  }
  return [];
}

describe('the words after verify', () => {
  it('name an image, and what is left out has a default', () => {
    expect(read('--image', 'images/guest.qcow2')).toEqual({
      imagePath: '/home/user/images/guest.qcow2',
      level: 'boot',
      timeoutSeconds: null,
      consolePath: '/home/user/images/verify-console.log',
      verdictPath: '/home/user/images/verify.json',
      workDir: '/var/tmp',
      install: true,
      datastore: null,
      json: false,
    });
  });

  it('are taken as they are', () => {
    const words = ['--level=inspect', '--timeout', '90', '--console', 'c.log', '--json'];
    const more = ['--install', 'none', '--work-dir', '/srv/', '--datastore', 'mysql:8.4'];
    expect(read('--image', '/srv/i.raw', ...words, ...more)).toMatchObject({
      imagePath: '/srv/i.raw',
      level: 'inspect',
      timeoutSeconds: 90,
      consolePath: '/home/user/c.log',
      verdictPath: '/srv/verify.json',
      workDir: '/srv',
      install: false,
      datastore: 'mysql:8.4',
      json: true,
    });
  });

  it('are refused with all their mistakes at once', () => {
    const words = ['--level', 'login', '--timeout', '0', '--install', 'pip', '--work-dir', '/a b'];
    words.push('--datastore', 'my sql');
    expect(mistakesOf('image.raw', ...words, '--bot')).toEqual([
      ['unknown-input', expect.stringContaining('"--bot"')],
      ['stray-argument', expect.stringContaining('"image.raw"')],
      ['bad-input', 'image: got "", accepts the path of an image.'],
      ['bad-input', 'level: got "login", accepts one of inspect, boot, agent.'],
      ['bad-input', 'datastore: got "my sql", accepts NAME or NAME:VERSION.'],
      ['bad-input', 'timeout: got "0", accepts a number of seconds.'],
      ['bad-input', 'install: got "pip", accepts auto or none.'],
      ['bad-input', expect.stringContaining('work-dir: got "/a b"')],
    ]);
  });

  it.each(['-5', '1.5', '1e3', '9999999', 'soon'])('do not take %s as a time', (text) => {
    expect(mistakesOf('--image', 'i', `--timeout=${text}`)).toHaveLength(1);
  });

  it('are all explained by the help', () => {
    const help = renderVerifyHelp();
    for (const name of [
      'image',
      'level',
      'timeout',
      'console',
      'install',
      'work-dir',
      'datastore',
      'json',
    ])
      expect(help).toMatch(new RegExp(`^  --${name} `, 'm'));
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});
