import { expect, it } from '@jest/globals';
import {
  composeConfigCall,
  composeCopyCall,
  composeManifestCall,
} from '../../../src/core/datastores/skopeo.ts';

const digest = `sha256:${'a'.repeat(64)}`;
const access = { insecure: ['registry.example.org:5000'], authFile: '/srv/logins.json' };

it('a manifest is asked for within a minute, with our logins, and never without TLS unasked', () => {
  expect(composeManifestCall('mysql:8.4', null, access)).toEqual([
    'skopeo',
    ...['--command-timeout', '60s'],
    ...['inspect', '--raw'],
    ...['--authfile', '/srv/logins.json'],
    ...['--retry-times', '2'],
    '--tls-verify=true',
    'docker://docker.io/library/mysql:8.4',
  ]);
});

it.each([
  ['registry.example.org:5000/a:1', false],
  ['registry.example.org/a:1', true],
  ['registry.example.org:5001/a:1', true],
  ['other.example.org/registry.example.org/a:1', true],
])('%s is asked with checked TLS: %s', (source, isChecked) => {
  expect(composeConfigCall(source, digest, access)).toContain(`--tls-verify=${isChecked}`);
  expect(composeCopyCall(source, digest, '/d', '/t', access)).toContain(
    `--src-tls-verify=${isChecked}`,
  );
});

it('an image is copied by the digest of its manifest, whatever its source was called', () => {
  const argv = composeCopyCall('quay.io/a/b:1', digest, '/srv/images/1', '/srv/images', access);
  expect(argv.slice(-2)).toEqual([`docker://quay.io/a/b@${digest}`, 'dir:/srv/images/1']);
  expect(argv.join(' ')).toContain('--tmpdir /srv/images copy --src-authfile /srv/logins.json');
});

it('a source that was not checked before is a bug of ours', () => {
  expect(() => composeManifestCall('--help', null, access)).toThrow('not a checked reference');
});
