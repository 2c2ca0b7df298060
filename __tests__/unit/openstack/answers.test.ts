import { describe, expect, it } from '@jest/globals';
import { chooseDelay, readPause, readRefusal } from '../../../src/core/openstack/answers.ts';

const answer = (status: number, body: unknown = '') => ({ kind: 'answer', status, body }) as const;

describe('an answer is', () => {
  it.each([200, 201, 202, 204])('no refusal with status %d', (status) => {
    expect(readRefusal(answer(status, { error: 'whatever' }))).toBeNull();
  });

  it.each([
    [400, 'invalid'],
    [401, 'forbidden'],
    [403, 'forbidden'],
    [404, 'gone'],
    [408, 'unavailable'],
    [409, 'conflict'],
    [410, 'gone'],
    [413, 'too-large'],
    [415, 'invalid'],
    [429, 'unavailable'],
    [500, 'unavailable'],
    [502, 'unavailable'],
    [503, 'unavailable'],
    [100, 'invalid'],
    [302, 'invalid'],
  ])('a refusal of a kind by its status: %d is %s', (status, reason) => {
    expect(readRefusal(answer(status))).toEqual({ reason, text: String(status) });
  });

  it('a refusal that may pass when there was none', () => {
    const refusal = readRefusal({ kind: 'no-answer', reason: 'socket hang up' });
    expect(refusal).toEqual({ reason: 'unavailable', text: 'socket hang up' });
  });

  it('a missing role, or a token that has ended, as the body says', () => {
    const noAdmin = {
      unauthorized: { code: 401, message: 'User does not have admin privileges.' },
    };
    const ended = {
      error: {
        code: 401,
        title: 'Unauthorized',
        message: 'The request you have made requires authentication.',
      },
    };
    expect(readRefusal(answer(401, noAdmin))).toEqual({
      reason: 'forbidden',
      text: '401 User does not have admin privileges.',
    });
    expect(readRefusal(answer(401, ended))).toMatchObject({ reason: 'unavailable' });
  });
});

describe('the text of a refusal', () => {
  const page = `<html>
 <head>
  <title>413 Request Entity Too Large</title>
  <style>body { color: red }</style>
 </head>
 <body>
  <h1>413 Request Entity Too Large</h1>
  Image exceeds the storage quota: The size of the data 2097664 will exceed the limit. &lt;1000000&gt; bytes &amp;amp; &#x27;more&#x27; &quot;x&quot;<br /><br />
 </body>
</html>`;

  it.each<[string, unknown, string]>([
    [
      "a page of Glance's",
      page,
      '413 Request Entity Too Large Image exceeds the storage quota: The size of the data 2097664 will exceed the limit. <1000000> bytes &amp; \'more\' "x"',
    ],
    [
      "Trove's JSON",
      { badRequest: { message: 'Image a not found.', code: 400 } },
      'Image a not found.',
    ],
    ['a flat message', { message: 'no', code: 7 }, 'no'],
    ['a list of errors', { errors: [{ status: 7, message: 'no\n  more' }] }, 'no more'],
    ['JSON without a message', { code: 400 }, ''],
    ['nothing', '', ''],
    ['null', null, ''],
    ['a number', 7, ''],
    ['a text', ' Bad\r\n\tGateway ', 'Bad Gateway'],
  ])('is found in %s', (_, body, text) => {
    expect(readRefusal(answer(413, body))?.text).toBe(`413 ${text}`.trim());
  });

  it('is cut: a proxy may answer with a whole site', () => {
    expect(readRefusal(answer(502, 'x'.repeat(100_000)))?.text.length).toBeLessThan(310);
  });
});

describe('the pause that a service wants', () => {
  const date = 'Wed, 25 Nov 2026 17:00:00 GMT';
  it.each<[Readonly<Record<string, string>>, number | null]>([
    [{}, null],
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': '7', date }, 7000],
    [{ 'retry-after': 'Wed, 25 Nov 2026 17:00:30 GMT', date }, 30_000],
    [{ 'retry-after': 'Wed, 25 Nov 2026 16:00:00 GMT', date }, 0],
    [{ 'retry-after': 'Wed, 25 Nov 2026 17:00:30 GMT' }, null],
    [{ 'retry-after': 'soon', date }, null],
    [{ date }, null],
  ])('is read from %j as %j ms', (headers, ms) => {
    expect(readPause(headers)).toBe(ms);
  });

  it.each<[number, number | null, number]>([
    [0, null, 500],
    [1, null, 1000],
    [4, null, 8000],
    [4, 2000, 8000],
    [1, 20_000, 20_000],
    [1, 3_600_000, 60_000],
    [30, null, 60_000],
    [5000, null, 60_000],
  ])('after try %d, %j ms asked for, is %d ms', (tries, asked, ms) => {
    expect(chooseDelay(tries, asked)).toBe(ms);
  });
});
