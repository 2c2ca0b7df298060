import { describe, expect, it } from '@jest/globals';
import { createScrubber, findSecrets } from '../../../src/core/log/scrub.ts';
import { readTimedLog } from '../support/recordings.ts';

/** Twelve made-up secrets of the shapes that real ones have. */
const canaries = [
  'ghx_Canary0123456789abcdefABCDEF',
  'canary-AKIA/Secret+Key/0123456789==',
  'p@ss w0rd: canary!',
  'canary%2Fescaped',
  'kanarienvögel-ünïcode-🐤',
  'canary$(id)`id`\\$&$1',
  'canary.*[a-z]+(x|y)?^$',
  '"canary"\'quoted\'',
  'canary1',
  'canary1-longer-than-another',
  'eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.sig',
  'canary<&>;|',
] as const;
const scrub = createScrubber(canaries);

const base64 = (text: string): string => Buffer.from(text).toString('base64');

describe('the scrubber', () => {
  it.each(canaries)('hides %s as it is, wherever it stands', (secret) => {
    for (const line of [secret, `A=${secret}`, `+ curl -H "x: ${secret}" ${secret}/x`]) {
      expect(scrub(line)).not.toContain(secret);
      expect(scrub(line)).toContain('***');
    }
    expect(scrub(`before ${secret} after`)).toBe('before *** after');
  });

  it.each(canaries)('hides %s URL-encoded', (secret) => {
    const encoded = encodeURIComponent(secret);
    expect(scrub(`GET /x?token=${encoded}&y`)).toBe('GET /x?token=***&y');
  });

  it.each(canaries)(
    'hides %s in base64, at all three alignments and whatever stands around it',
    (secret) => {
      for (const before of ['', 'u', 'u:', 'us:', 'user:']) {
        for (const after of ['', '\n', '!!', 'xyz']) {
          const line = scrub(base64(`${before}${secret}${after}`));
          expect(line).toContain('***');
          const rest = line
            .split('***')
            .map((part) => Buffer.from(part, 'base64').toString('latin1'));
          expect(rest.join('')).not.toContain(secret.slice(3));
          // at most the characters that are shared with the neighbours are left
          expect(line.replaceAll('***', '').length).toBeLessThanOrEqual(
            4 * Math.ceil((before.length + after.length) / 3) + 8,
          );
        }
      }
    },
  );

  it('hides every line of a secret of several lines, since a log has lines', () => {
    const key = [
      '-----BEGIN OPENSSH PRIVATE KEY-----',
      'b3BlbnNzaC1rZXktdjEAAAAACmFlczI1Ni1jdHIAAAAG',
      'YmNyeXB0AAAAGAAAABDzGKBf0mWcanary',
      '-----END OPENSSH PRIVATE KEY-----',
    ];
    const hide = createScrubber([`${key.join('\n')}\n`]);
    expect(hide(`+ ${key[1]}`)).toBe('+ ***');
    expect(hide(`+ ${key[2]}`)).toBe('+ ***');
  });

  it('hides the longer one of two secrets that begin alike', () => {
    expect(scrub('canary1-longer-than-another')).toBe('***');
    expect(scrub('canary1-x')).toBe('***-x');
  });

  it('changes nothing else in a real log', () => {
    for (const [, line] of readTimedLog('debian-bookworm-build.log'))
      expect(scrub(line)).toBe(line);
  });

  it('leaves words of less than six characters alone', () => {
    expect(createScrubber(['', 'a', 'true', '12345'])('a true 12345 word')).toBe(
      'a true 12345 word',
    );
    expect(createScrubber(['123456'])('123456')).toBe('***');
    expect(createScrubber([])('nothing')).toBe('nothing');
  });
});

describe('a URL with a password', () => {
  const urls = [
    ['http://user:pw@archive.example.org/debian', 'http://***:***@archive.example.org/debian'],
    [
      'Get:1 https://u:p%40w@a.example.org/x https://v:w@b.example.org',
      'Get:1 https://***:***@a.example.org/x https://***:***@b.example.org',
    ],
    ['git+ssh://git:x@example.org:22/repo', 'git+ssh://***:***@example.org:22/repo'],
    ['http://archive.example.org:8080/a@b', 'http://archive.example.org:8080/a@b'],
    ['http://archive.example.org/debian', 'http://archive.example.org/debian'],
    ['mail a:b@example.org', 'mail a:b@example.org'],
    ['+ url=http://[2001:db8::1]:80/x@y', '+ url=http://[2001:db8::1]:80/x@y'],
  ] as const;

  it.each(urls)('%s is shown as %s', (line, expected) => {
    expect(scrub(line)).toBe(expected);
  });

  it.each([
    'redis://:sesame-pw@cache.example.org/0',
    'http://user:sesame-pw@more@archive.example.org/x',
  ])('%s does not show any of it', (line) => {
    expect(scrub(line)).not.toMatch(/sesame-pw|more@/);
    expect(scrub(line)).toMatch(/@(cache|archive)\.example\.org/);
  });
});

describe('the secrets of an environment', () => {
  it('are the values of names that say so', () => {
    const environment = {
      GITHUB_TOKEN: 'value-1',
      AWS_SECRET_ACCESS_KEY: 'value-2',
      OS_PASSWORD: 'value-3',
      PGPASSWORD: 'value-4',
      SSH_PRIVATE_KEY: 'value-5',
      api_key: 'value-6',
      APIKEY: 'value-7',
      VAULT_PASSPHRASE: 'value-8',
      OS_APPLICATION_CREDENTIAL_SECRET: 'value-9',
      MYSQL_PASSWD: 'value-10',
    };
    expect(findSecrets(environment)).toEqual(Object.values(environment));
  });

  it('are not the empty ones, and not those of other names', () => {
    const environment = {
      EMPTY_TOKEN: '',
      UNSET_TOKEN: undefined,
      PATH: '/usr/bin',
      PWD: '/srv',
      HOME: '/root',
      GITHUB_REPOSITORY: 'someone/something',
      SSH_AUTH_SOCK: '/run/agent',
      GITHUB_SHA: 'abcdef0123',
    };
    expect(findSecrets(environment)).toEqual([]);
  });
});
