import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { bootImage } from '../support/boot.ts';
import { projectDirectory } from '../support/checkout.ts';
import { createNoCloudSeed } from '../support/seed.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/release-faults-');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Every release that we offer, with the version of Trove that its agent must have. */
const releases = [
  ['debian', 'bookworm', /^1:18\./],
  ['debian', 'trixie', /^1:23\./],
  ['ubuntu', 'jammy', /^2:17\./],
] as const;

const report = [
  '#cloud-config',
  'runcmd:',
  "- [sh, -c, 'echo REPORT failed=$(systemctl list-units --failed --plain --no-legend | wc -l) > /dev/ttyS0']",
  "- [sh, -c, 'echo REPORT docker=$(docker info -f {{.Driver}}) agent=$(systemctl is-enabled trove-guestagent) > /dev/ttyS0']",
  "- [sh, -c, 'echo REPORT END > /dev/ttyS0']",
  '',
].join('\n');

describe('every release', () => {
  it.each(releases)(
    '%s %s builds, passes its checks and boots with docker and no failed unit',
    async (os, release, agent) => {
      const output = join(directory, release);
      const built = spawnSync(
        join(projectDirectory, 'bin', 'trove-image'),
        [
          'build',
          '--guest-os',
          os,
          '--guest-release',
          release,
          '--guest-agent',
          'package',
          '--output-dir',
          output,
          '--cache',
          'off',
          '--json',
        ],
        { encoding: 'utf8', input: '', maxBuffer: 1 << 28, timeout: 15 * MINUTE_MS },
      );
      expect({ status: built.status, stderr: built.stderr.slice(-2000) }).toMatchObject({
        status: 0,
      });
      const manifest = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
      expect(manifest.guest.agentVersion).toMatch(agent);

      const seed = join(directory, `${release}-seed.img`);
      createNoCloudSeed({
        path: seed,
        metaData: 'instance-id: test\nlocal-hostname: guest\n',
        userData: report,
      });
      const boot = await bootImage({
        image: { path: JSON.parse(built.stdout)['image-path'], format: 'qcow2' },
        directory: join(directory, `${release}-boot`),
        disks: [{ path: seed, format: 'raw' }],
        until: /REPORT END/,
        timeLimitMs: 9 * MINUTE_MS,
      });
      const serial = readFileSync(boot.serialLogPath, 'utf8');
      expect({ verdict: boot.verdict, tail: boot.tail }).toMatchObject({ verdict: 'until' });
      expect(serial).toMatch(/REPORT failed=0/);
      expect(serial).toMatch(/REPORT docker=overlay\S* agent=enabled/);
    },
    26 * MINUTE_MS,
  );
});
