import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { bootImage } from '../support/boot.ts';
import { projectDirectory } from '../support/checkout.ts';
import { listGuestImages } from '../support/guest-docker.ts';
import { startPythonIndex } from '../support/python-index.ts';
import { makeImage } from '../support/registry/image.ts';
import { startRegistry } from '../support/registry.ts';
import { createNoCloudSeed } from '../support/seed.ts';
import { commitRealAgent, makeTroveTree } from '../support/trove-tree.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/source-faults-');
afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function build(name: string, flags: readonly string[]) {
  const output = join(directory, name);
  mkdirSync(output);
  const child = spawn(
    process.execPath,
    [
      ...[join(projectDirectory, 'bin', 'trove-image'), 'build', '--json', '--cache', 'off'],
      ...['--output-dir', output, '--formats', 'raw', ...flags],
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], timeout: 20 * MINUTE_MS },
  );
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  expect({ status, log: log.slice(-3000) }).toMatchObject({ status: 0 });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '{}') as Record<string, string>;
}

describe('container images in the guest', () => {
  it.each([
    ['debian', 'trixie'],
    ['ubuntu', 'jammy'],
  ])(
    'of %s %s, with its own docker: listed by digest',
    async (os, release) => {
      const registry = await startRegistry();
      const image = makeImage(`${os} ${release}`);
      try {
        await registry.push('db/postgres', '18', image);
        const outputs = await build(release, [
          ...['--guest-os', os, '--guest-release', release, '--guest-agent', 'package'],
          ...['--container-images', `${registry.address}/db/postgres:18=postgres:18`],
          ...['--insecure-registries', registry.address],
        ]);
        const listed = listGuestImages(outputs['image-path'] ?? '', directory);
        expect(listed).toHaveLength(1);
        expect(listed[0]).toContain(`postgres 18 ${image.manifest.digest} `);
      } finally {
        await registry.stop();
      }
    },
    25 * MINUTE_MS,
  );
});

const report = [
  '#cloud-config',
  'runcmd:',
  "- [sh, -c, 'echo REPORT docker=$(docker info -f {{.Driver}}) agent=$(systemctl is-enabled guest-agent) > /dev/ttyS0']",
  '- [sh, -c, \'echo REPORT imports=$(/opt/guest-agent-venv/bin/python -c "import trove.guestagent.datastore.mysql.manager; print(1)") > /dev/ttyS0\']',
  '- [sh, -c, \'echo REPORT units $(systemctl list-units --failed --plain --no-legend | cut -d" " -f1 | tr "\\n" " ") > /dev/ttyS0\']',
  "- [sh, -c, 'echo REPORT END > /dev/ttyS0']",
  '',
].join('\n');

describe('the real Trove 18 from source', () => {
  it(
    'is installed with all that it needs, and boots with docker',
    async () => {
      const index = await startPythonIndex({
        release: 'bookworm',
        packages: ['python3-trove'],
        timeLimitMs: 25 * MINUTE_MS,
      });
      const tree = makeTroveTree(join(directory, 'trove'));
      const commit = commitRealAgent(tree, index.wheel('trove'));
      const constraints = join(directory, 'upper-constraints.txt');
      // constraints that name the agent itself would refuse the checkout
      writeFileSync(constraints, index.upperConstraints.replace(/^trove===.*\n/m, ''));
      const outputs = await build('real', [
        ...['--guest-os', 'debian', '--guest-release', 'bookworm', '--guest-agent', 'source'],
        ...['--trove-path', tree.path, '--upper-constraints', constraints],
        ...['--python-index', index.url],
        ...['--environment', 'DIB_CLOUD_INIT_DATASOURCES=ConfigDrive, OpenStack, NoCloud'],
      ]);
      await index.stop();
      const manifest = JSON.parse(readFileSync(outputs['manifest-path'] ?? '', 'utf8'));
      expect(manifest.trove.commit).toBe(commit);

      const seed = join(directory, 'seed.img');
      const metaData = 'instance-id: test\nlocal-hostname: guest\n';
      createNoCloudSeed({ path: seed, metaData, userData: report });
      const boot = await bootImage({
        image: { path: outputs['image-path'] ?? '', format: 'raw' },
        directory: join(directory, 'boot'),
        disks: [{ path: seed, format: 'raw' }],
        until: /REPORT END/,
        timeLimitMs: 9 * MINUTE_MS,
      });
      const serial = readFileSync(boot.serialLogPath, 'utf8');
      expect({ verdict: boot.verdict, tail: boot.tail }).toMatchObject({ verdict: 'until' });
      expect(serial).toMatch(/REPORT docker=overlay\S* agent=enabled/);
      expect(serial).toMatch(/REPORT imports=1/);
      // these two wait for files that Trove and the cloud write
      const failed = /REPORT units ([^\r\n]*)/.exec(serial)?.[1]?.trim().split(/\s+/) ?? [];
      const known = ['guest-agent.service', 'trove-image-loader.service', ''];
      expect(failed.filter((unit) => !known.includes(unit))).toEqual([]);
    },
    35 * MINUTE_MS,
  );
});
