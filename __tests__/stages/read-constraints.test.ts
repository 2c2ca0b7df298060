import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import type { WebAnswer } from '../../src/ports/files.ts';
import { readConstraints } from '../../src/stages/read-constraints.ts';
import { fakeFiles, fakeLog } from './fakes.ts';

const text = '# made by a robot\nAlembic===1.13.1\noslo.config===9.6.0;python_version>="3.9"\n';
const start = (constraints: string, answer: WebAnswer) => {
  const log = fakeLog();
  const ports = {
    log,
    files: fakeFiles({ '/opt/uc.txt': text, '/opt/empty': '' }),
    web: { get: async () => answer },
  };
  return { log, found: readConstraints(ports, { constraints }) };
};
const body = (content: string): WebAnswer => ({ ok: true, body: Buffer.from(content) });
const sha256 = createHash('sha256').update(text).digest('hex');

describe('upper constraints', () => {
  it.each([
    ['a URL', 'https://example.org/uc.txt', body(text)],
    ['a file', '/opt/uc.txt', body('')],
  ])('are read once from %s, with their digest', async (_what, location, answer) => {
    const { found, log } = start(location, answer);
    expect(await found).toEqual({ location, text, sha256 });
    expect(log.lines).toEqual([`Upper constraints of 2 packages from ${location}`]);
  });

  it.each([
    [
      'a page that is no list',
      'https://example.org/uc.txt',
      body('<html>moved</html>'),
      'bad-constraints',
    ],
    ['an empty file', '/opt/empty', body(''), 'bad-constraints'],
    ['a file that is not there', '/opt/none', body(''), 'bad-constraints'],
    [
      'no answer',
      'https://example.org/uc.txt',
      { ok: false, status: null, reason: 'it took too long' } as const,
      'constraints-unreachable',
    ],
  ])('are refused for %s', async (_what, location, answer, code) => {
    await expect(start(location, answer).found).rejects.toMatchObject({
      problems: [{ code, message: expect.stringMatching(/^upper-constraints: /) }],
    });
  });
});
