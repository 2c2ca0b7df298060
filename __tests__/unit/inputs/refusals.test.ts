import { describe, expect, it } from '@jest/globals';
import type { InputName } from '../../../src/model/input-table.ts';
import { mistakesOf } from '../support/inputs.ts';

const long = 'x'.repeat(5000);

/** [input, value]: each is refused with one message or more, and all of them name the input. */
const hostile = [
  ['elements', 'a;reboot'],
  ['elements', '$(reboot)'],
  ['elements', '`reboot`'],
  ['elements', '../../etc'],
  ['elements', '..'],
  ['elements', '-p'],
  ['elements', '--install-type=source'],
  ['elements', 'a/b'],
  ['elements', 'élément'],
  ['elements', 'a\u0000b'],
  ['elements', 'a\u202eb'],
  ['elements', long],
  ['elements-path', '/opt/my elements'],
  ['elements-path', '/opt/$HOME'],
  ['elements-path', '/opt/a"b'],
  ['elements-path', '/opt/a\u0000b'],
  ['elements-path', '/opt/a\u001bb'],
  ['elements-path', `/${long}`],
  ['packages', 'vim;reboot'],
  ['packages', '-o=APT::Get::AllowUnauthenticated=true'],
  ['packages', 'Vim'],
  ['packages', 'v'],
  ['packages', 'vim=1.0'],
  ['packages', './vim.deb'],
  ['packages', '$(id)'],
  ['packages', long],
  ['environment', 'A=$HOME'],
  ['environment', 'A=`id`'],
  ['environment', 'A=b;c'],
  ['environment', 'A="b"'],
  ['environment', 'A=b\\c'],
  ['environment', 'A=b\u0000c'],
  ['environment', 'A=b\u0007c'],
  ['environment', `A=${long}`],
  ['environment', '=b'],
  ['environment', 'A'],
  ['environment', '1A=b'],
  ['environment', 'A-B=c'],
  ['environment', 'A B=c'],
  ['environment', 'BASH_FUNC_id%%=x'],
  ['mirror', 'http://user:hunter22@mirror.example.org/debian'],
  ['mirror', 'http://user@mirror.example.org/debian'],
  ['mirror', 'javascript:alert(1)'],
  ['mirror', 'file:///etc'],
  ['mirror', 'ftp://mirror.example.org/debian'],
  ['mirror', 'http://mirror.example.org/a b'],
  ['mirror', 'http://mirror.example.org/?a=b'],
  ['mirror', 'http://mirror.example.org/#a'],
  ['mirror', 'http://mirror.example.org/$(id)'],
  ['mirror', 'http://mirror.example.org/\nother'],
  ['mirror', 'http://'],
  ['mirror', 'http:///debian'],
  ['mirror', 'http://mirror.example.org:99999/debian'],
  ['mirror', 'http://münchen.example/debian'],
  ['mirror', 'localhost'],
  ['image-name', 'a/b'],
  ['image-name', '../a'],
  ['image-name', '.hidden'],
  ['image-name', '-o'],
  ['image-name', 'a b'],
  ['image-name', 'a\nb'],
  ['image-name', 'a{b}'],
  ['image-name', '{constructor}'],
  ['image-name', 'a\u0000'],
  ['image-name', 'ä'],
  ['image-name', long],
  ['formats', 'qcow2 iso'],
  ['formats', 'QCOW2'],
  ['formats', 'raw;id'],
  ['output', 'guest.iso'],
  ['output', 'guest'],
  ['output', 'guest.qcow2.gz'],
  ['output', '.qcow2'],
  ['output', 'images/'],
  ['output', 'images/-guest.qcow2'],
  ['output', 'images/a b.qcow2'],
  ['output', 'a\nb/guest.qcow2'],
  ['output-dir', 'a\nb'],
  ['output-dir', 'a\u0000b'],
  ['output-dir', `/${long}`],
  ['work-dir', '/var/my tmp'],
  ['work-dir', '/var/tmp:/x'],
  ['work-dir', '/var/tmp\u0000'],
  ['cache', 'yes'],
  ['cache', 'true'],
  ['cache', 'read, write'],
  ['cache', 'READ'],
  ['cache', 'none'],
  ['cache-backend', 's3'],
  ['cache-backend', 'Directory'],
  ['cache-backend', '/srv/cache'],
  ['cache-path', '/srv/my cache'],
  ['cache-path', '/srv/a:b'],
  ['cache-path', '/srv/$HOME'],
  ['cache-path', "/srv/a'b"],
  ['cache-path', '/srv/a\\b'],
  ['cache-path', 'a\nb'],
  ['cache-path', '/srv/cache\u0000'],
  ['cache-path', `/${long}`],
  ['cache-max-age', '-1'],
  ['cache-max-age', '366'],
  ['cache-max-age', '1.5'],
  ['cache-max-age', '7d'],
  ['cache-max-age', 'never'],
  ['cache-max-size', '0'],
  ['cache-max-size', '-20'],
  ['cache-max-size', '10001'],
  ['cache-max-size', '0.5'],
  ['cache-max-size', '20G'],
  ['cache-max-size', '1e3'],
  ['image-size', '2'],
  ['image-size', '101'],
  ['image-size', '-5'],
  ['image-size', '5.5'],
  ['image-size', '1e1'],
  ['image-size', '0x10'],
  ['image-size', '５'],
  ['image-size', '99999999999999999999'],
  ['image-size', 'NaN'],
  ['retention-days', '401'],
  ['retention-days', '-1'],
  ['guest-os', 'debian;id'],
  ['guest-os', '__proto__'],
  ['guest-release', 'constructor'],
  ['guest-release', 'trixie/../sid'],
  ['guest-release', 'trixie sid'],
  ['architecture', 'i386'],
  ['guest-agent', 'sources'],
  ['guest-username', 'root'],
  ['guest-username', 'trove'],
  ['guest-username', 'Debian'],
  ['guest-username', '-a'],
  ['guest-username', 'a b'],
  ['guest-username', 'a:b'],
  ['guest-username', 'a$'],
  ['guest-username', 'a'.repeat(33)],
  ['compression', 'gzip'],
  ['verify', 'none'],
  ['install', 'yes'],
  ['artifact', 'a/b'],
  ['artifact', 'a:b'],
  ['artifact', 'a\nb'],
  ['artifact', 'a*'],
  ['artifact', long],
  ['dry-run', 'yes'],
  ['dry-run', 'TRUE'],
] as const satisfies readonly (readonly [InputName, string])[];

describe('a hostile value', () => {
  it.each(
    hostile.map(([name, value]) => [name, JSON.stringify(value).slice(0, 60), value] as const),
  )('of %s is refused by a message that names the input: %s', (name, _shown, value) => {
    const messages = mistakesOf({ [name]: value }).map(({ message }) => message);
    expect(messages.length).toBeGreaterThan(0);
    for (const message of messages) expect(message.startsWith(`${name}: `)).toBe(true);
  });

  it('never makes a message of more than one line, or with a character that moves a cursor', () => {
    for (const [name, value] of hostile) {
      for (const { message } of mistakesOf({ [name]: value })) {
        // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what must not be there
        expect(message).not.toMatch(/[\u0000-\u001f\u007f]/);
        expect(message.length).toBeLessThan(500);
      }
    }
  });

  it('is told apart from what is accepted: the message for a path with a space says so', () => {
    expect(mistakesOf({ 'elements-path': '/opt/my elements' })[0]?.message).toMatch(/space/);
    expect(mistakesOf({ 'work-dir': '/var/my tmp' })[0]?.message).toMatch(/space/);
  });
});

describe('a reserved variable', () => {
  const reserved = [
    ['DIB_RELEASE', 'guest-release'],
    ['DISTRO_NAME', 'guest-os'],
    ['ARCH', 'architecture'],
    ['GUEST_USERNAME', 'guest-username'],
    ['ELEMENTS_PATH', 'elements-path'],
    ['DIB_DISTRIBUTION_MIRROR', 'mirror'],
    ['DIB_IMAGE_SIZE', 'image-size'],
    ['TROVE_GUEST_PACKAGES', 'packages'],
  ] as const;

  it.each(reserved)('%s is refused and the input %s named instead', (name, instead) => {
    const [mistake] = mistakesOf({ environment: `${name}=x` });
    expect(mistake?.message).toContain(
      `${name} is set by the build itself; use the input ${instead}.`,
    );
  });

  it.each([
    ...['PATH', 'HOME', 'IFS', 'LD_PRELOAD', 'BASH_ENV', 'ENV', 'TMP_DIR', 'PYTHONPATH'],
    'TROVE_IMAGE_LAYERS',
  ])('%s is refused', (name) => {
    expect(mistakesOf({ environment: `${name}=x` })).toHaveLength(1);
  });

  it.each(['constructor', 'toString', 'valueOf', 'hasOwnProperty'])(
    'is not what %s is, though every object has one',
    (name) => {
      expect(mistakesOf({ environment: `${name}=x` })).toEqual([]);
    },
  );
});

describe('what looks like a secret', () => {
  const secret = 'hunter22-hunter22';
  const lines = [
    `DB_PASSWORD=${secret}`,
    `ROOT_PASSWD=${secret}`,
    `MYSQL_PASS=${secret}`,
    `github_token=${secret}`,
    `CLIENT_SECRET_VALUE=${secret}`,
    `OS_APPLICATION_CREDENTIAL=${secret}`,
    `SSH_PRIVATE_KEY=${secret}`,
    `API_KEY=${secret}`,
    `APIKEY=${secret}`,
    `DB_PASSWORD=${secret}$(id)`,
    `export DB_PASSWORD=${secret}`,
    `DB_PASSWORD: ${secret}`,
    `DB-PASSWORD=${secret}`,
    `MYSQL_PASSWORD_ROOT=${secret}`,
  ];

  it.each(lines)('is refused without repeating it: %s', (line) => {
    const mistakes = mistakesOf({ environment: line });
    expect(mistakes).toHaveLength(1);
    expect(JSON.stringify(mistakes)).not.toContain(secret);
  });

  it('is the password of a URL, too', () => {
    const url = `https://user:${secret}@mirror.example.org/debian`;
    const mistakes = [
      ...mistakesOf({ mirror: url }),
      ...mistakesOf({ mirror: 'http://mirror.example.org/debian', 'mirror-security': url }),
    ];
    expect(mistakes).toHaveLength(2);
    expect(JSON.stringify(mistakes)).not.toContain(secret);
  });
});
