import { describe, expect, it } from '@jest/globals';
import { describeTrouble, isInputProblem } from '../../../src/core/datastores/trouble.ts';
import type { WantedImage } from '../../../src/model/datastores.ts';

const image: WantedImage = {
  ...{ datastore: 'mysql', version: '8.4', role: 'database' },
  source: 'registry.example.org:5000/db/mysql:8.4',
  target: 'mysql:8.4',
};
const fatal = (text: string): string =>
  `time="2026-11-25T13:10:05Z" level=fatal msg=${JSON.stringify(text)}\n`;
const parsing = 'Error parsing image name "docker://registry.example.org:5000/db/mysql:8.4": ';
const reading = 'reading manifest 8.4 in registry.example.org:5000/db/mysql: ';
const pinging =
  'pinging container registry registry.example.org:5000: Get "https://registry.example.org:5000/v2/": ';

describe('what skopeo says', () => {
  it.each([
    ['container-image-missing', fatal(`${parsing}${reading}manifest unknown: manifest unknown`)],
    [
      'container-image-missing',
      fatal(`${parsing}${reading}name unknown: repository name not known to registry`),
    ],
    ['registry-login-refused', fatal(`${parsing}${reading}unauthorized: authentication required`)],
    [
      'registry-login-refused',
      fatal(`${parsing}${reading}denied: requested access to the resource is denied`),
    ],
    [
      'registry-login-refused',
      fatal(
        `${parsing}unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password`,
      ),
    ],
    [
      'registry-limit',
      fatal(`${parsing}${reading}toomanyrequests: You have reached your pull rate limit`),
    ],
    ['registry-tls', fatal(`${parsing}${pinging}http: server gave HTTP response to HTTPS client`)],
    ['registry-tls', fatal(`${parsing}${pinging}x509: certificate signed by unknown authority`)],
    [
      'registry-tls',
      fatal(`${parsing}${pinging}tls: failed to verify certificate: x509: certificate has expired`),
    ],
    [
      'registry-unreachable',
      fatal(`${parsing}${pinging}dial tcp 192.0.2.1:5000: connect: connection refused`),
    ],
    [
      'registry-unreachable',
      fatal(`${parsing}${pinging}dial tcp: lookup registry.example.org: no such host`),
    ],
    ['registry-unreachable', fatal(`${parsing}${pinging}context deadline exceeded`)],
    ['registry-unreachable', ''],
    [
      'container-image-damaged',
      fatal(
        'writing blob: happened during read: Digest did not match, expected sha256:1, got sha256:2',
      ),
    ],
    ['no-space', fatal('writing blob: write /var/tmp/x: no space left on device')],
    [
      'container-image-refused',
      fatal(
        'Error loading trust policy: open /etc/containers/policy.json: no such file or directory',
      ),
    ],
    [
      'container-image-refused',
      fatal('Source image rejected: Running image docker://x is rejected by policy.'),
    ],
  ])('means %s: %s', (code, stderr) => {
    const before = 'time=x level=warning msg="Failed, retrying in 1s"';
    expect(describeTrouble(image, [before, stderr].join('\n')).code).toBe(code);
  });

  it('is not judged by the words and numbers of names', () => {
    const source = 'denied.example.org:40342/x509/signature:404';
    const name = 'denied.example.org:40342/x509/signature';
    const text = `reading manifest 404 in ${name}: manifest unknown: manifest unknown`;
    const { code } = describeTrouble({ ...image, source }, fatal(text));
    expect(code).toBe('container-image-missing');
    const pinged = `pinging container registry denied.example.org:40342: Get "https://denied.example.org:40342/v2/": dial tcp 192.0.2.1:40342: connect: connection refused`;
    expect(describeTrouble({ ...image, source }, fatal(pinged)).code).toBe('registry-unreachable');
  });

  it.each([
    ['registry-limit', 'received unexpected HTTP status: 429 Too Many Requests'],
    ['registry-login-refused', 'StatusCode: 403, <html>'],
    ['container-image-missing', 'StatusCode: 404, <html>'],
  ])('may be a number only: %s', (code, text) => {
    expect(describeTrouble(image, fatal(text)).code).toBe(code);
  });

  it('is told with the input, the source and the name in the guest, and without its own decoration', () => {
    expect(
      describeTrouble(image, fatal(`${parsing}${reading}manifest unknown: manifest unknown`)),
    ).toEqual({
      code: 'container-image-missing',
      message: `datastores: ${image.source} (for mysql:8.4): registry.example.org:5000 has no such image (${reading}manifest unknown: manifest unknown).`,
      hint: 'Check name and tag; a version of a datastore is the tag of its image.',
    });
  });

  it.each([
    ['backup', 'backup-images: mysql:8.4: '],
    ['other', 'container-images: mysql:8.4: '],
  ] as const)('about an image of the role %s names its input', (role, start) => {
    const other = { ...image, role, source: 'mysql:8.4' };
    expect(describeTrouble(other, 'x').message).toContain(start);
  });
});

it('a name is for the person to change, a network is not', () => {
  const problem = { message: '', hint: '' };
  expect(isInputProblem({ ...problem, code: 'container-image-missing' })).toBe(true);
  expect(isInputProblem({ ...problem, code: 'registry-unreachable' })).toBe(false);
});
