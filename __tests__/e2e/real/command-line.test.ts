import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { outputTable } from '../../../src/model/output-table.ts';
import { bootImage } from '../../support/boot.ts';
import { makeCheckout, projectDirectory } from '../../support/checkout.ts';
import { readResidue } from '../../support/residue.ts';
import { createNoCloudSeed } from '../../support/seed.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/command-line-test-');
const checkout = join(directory, 'checkout');
const output = join(directory, 'images');
const work = join(directory, 'work');
const image = join(output, 'trove-guest-debian-bookworm.qcow2');
let result: { status: number | null; stdout: string; stderr: string };

afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('the command line on a fresh clone, with a real build of a bookworm guest', () => {
  beforeAll(() => {
    makeCheckout(checkout);
    mkdirSync(work);
    result = spawnSync(
      join(checkout, 'bin', 'trove-image'),
      [
        'build',
        ...['--guest-os', 'debian'],
        ...['--guest-release', 'bookworm'],
        ...['--output-dir', output],
        ...['--work-dir', work],
        ...['--cache-path', join(directory, 'cache')],
        '--json',
      ],
      { encoding: 'utf8', input: '', maxBuffer: 1 << 28, timeout: 15 * MINUTE_MS },
    );
  }, 16 * MINUTE_MS);

  it('needs nothing installed in the clone and exits with 0', () => {
    expect({ status: result.status, stderr: result.stderr.slice(-2000) }).toEqual({
      status: 0,
      stderr: expect.any(String),
    });
    expect(readdirSync(checkout)).not.toContain('node_modules');
  });

  it('prints the outputs as one JSON object on the last line of standard output', () => {
    const outputs = JSON.parse(result.stdout.trimEnd().split('\n').at(-1) ?? '') as Record<
      string,
      string
    >;
    expect(Object.keys(outputs)).toEqual(outputTable.map(({ name }) => name));
    expect(outputs).toMatchObject({
      'image-path': image,
      size: String(statSync(image).size),
      'verify-result': 'passed',
    });
    expect(result.stdout.trimEnd().split('\n')).toHaveLength(1);
  });

  it('writes checksums that hold', () => {
    const listed = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], {
      cwd: output,
      encoding: 'utf8',
    });
    expect(listed.split('\n').filter((line) => line.endsWith(': OK'))).toHaveLength(3);
  });

  it('writes a manifest that follows its schema and names the agent, the sources and every phase', () => {
    const manifest = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
    const schema = JSON.parse(
      readFileSync(join(projectDirectory, 'docs', 'manifest.schema.json'), 'utf8'),
    );
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    validate(manifest);
    expect(validate.errors ?? []).toEqual([]);
    expect(manifest.guest.agentVersion).toMatch(/^1:18\./);
    expect(manifest.sources.map(({ suite }: { suite: string }) => suite)).toEqual([
      'bookworm',
      'bookworm-updates',
      'bookworm-security',
    ]);
    expect(manifest.phases.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([
        'root',
        'extra-data',
        'pre-install',
        'install',
        'post-install',
        'finalise',
      ]),
    );
    expect(JSON.stringify(manifest)).not.toContain(directory);
  });

  it('leaves no mount, loop device, process or file on the machine', () => {
    expect(readdirSync(work)).toEqual([]);
    const { files: _own, ...rest } = readResidue(basename(directory));
    expect(rest).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [] });
  });

  it(
    'makes an image that boots to its login prompt, with docker and the guest agent enabled',
    async () => {
      const seed = join(directory, 'seed.img');
      createNoCloudSeed({
        path: seed,
        metaData: 'instance-id: test\nlocal-hostname: guest\n',
        userData: [
          '#cloud-config',
          'runcmd:',
          '- [sh, -c, \'for u in docker trove-guestagent ssh; do echo "UNIT $u $(systemctl is-enabled $u)"; done > /dev/ttyS0\']',
          '- [sh, -c, \'ps -o user=,args= -C trove-guestagent > /dev/ttyS0; ls /etc/ssh/ssh_host_*_key | wc -l | sed "s/^/HOSTKEYS /" > /dev/ttyS0; echo REPORT END > /dev/ttyS0\']',
          '',
        ].join('\n'),
      });
      const boot = await bootImage({
        image: { path: image, format: 'qcow2' },
        directory,
        disks: [{ path: seed, format: 'raw' }],
        until: /REPORT END/,
        timeLimitMs: 9 * MINUTE_MS,
      });
      const serial = readFileSync(boot.serialLogPath, 'utf8');
      expect({ verdict: boot.verdict, tail: boot.tail }).toMatchObject({ verdict: 'until' });
      expect(boot.markers.login).toBeGreaterThan(0);
      for (const unit of ['docker', 'trove-guestagent', 'ssh']) {
        expect(serial).toMatch(new RegExp(`UNIT ${unit} enabled`));
      }
      expect(serial).toMatch(/HOSTKEYS [1-9]/);
      expect(serial).not.toMatch(/\[FAILED\]/);
    },
    10 * MINUTE_MS,
  );
});
