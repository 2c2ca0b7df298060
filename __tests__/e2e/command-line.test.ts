import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { outputTable } from '../../src/model/output-table.ts';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

const SECOND_MS = 1000;
let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30 * SECOND_MS);
afterAll(() => bench.close());

const readFormat = (path: string): string =>
  JSON.parse(execFileSync('qemu-img', ['info', '--output=json', path], { encoding: 'utf8' }))
    .format;

describe('the command build', () => {
  it('prints the outputs as one JSON line, writes image, manifest, sums and log, and leaves nothing', async () => {
    const { status, stdout, stderr } = await bench.build('plain', { flags: ['--json'] }).ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });

    const lines = stdout.split('\n');
    expect(lines).toHaveLength(2);
    const outputs = JSON.parse(lines[0] ?? '') as Record<string, string>;
    expect(Object.keys(outputs)).toEqual(outputTable.map(({ name }) => name));
    const image = join(bench.outputDir('plain'), 'trove-guest-debian-bookworm.qcow2');
    expect(outputs).toMatchObject({
      'image-path': image,
      'image-name': 'trove-guest-debian-bookworm',
      size: String(statSync(image).size),
      'artifact-id': '',
      'verify-result': 'passed',
    });
    expect(readdirSync(bench.outputDir('plain')).sort()).toEqual([
      'SHA256SUMS',
      'manifest.json',
      'trove-guest-debian-bookworm.log',
      'trove-guest-debian-bookworm.qcow2',
    ]);
    const log = readFileSync(outputs['log-path'] ?? '', 'utf8');
    expect(log).toContain('Build completed successfully');
    expect(bench.residue('plain', log)).toEqual(nothing);
    expect(readdirSync(bench.workDir('plain'))).toEqual([]);
  });

  it('asks the archive for the index of every suite before it builds, and puts what it found on record', () => {
    expect(bench.archive.requests.toSorted()).toEqual([
      '/debian-security/dists/bookworm-security/InRelease',
      '/debian/dists/bookworm-updates/InRelease',
      '/debian/dists/bookworm/InRelease',
    ]);
    const manifest = JSON.parse(
      readFileSync(join(bench.outputDir('plain'), 'manifest.json'), 'utf8'),
    );
    expect(manifest.sources).toHaveLength(3);
    expect(manifest.sources[0]).toMatchObject({
      suite: 'bookworm',
      date: 'Sat, 10 Oct 2026 10:00:00 UTC',
      inReleaseSha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(manifest.guest.agentVersion).toBe('1:18.0.0-1');
    expect(manifest.phases.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining(['root', 'install', 'finalise', 'cleanup']),
    );
    expect(manifest.checks.length).toBeGreaterThan(10);
  });

  it('writes every format that is asked for, each what its name says, with sums that hold', async () => {
    const inputs = { formats: 'qcow2,raw,vmdk,vhd', 'image-name': 'guest-{os}-{trove}' };
    const { status, stderr } = await bench.build('formats', { inputs }).ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });

    const directory = bench.outputDir('formats');
    const formats = { qcow2: 'qcow2', raw: 'raw', vmdk: 'vmdk', vhd: 'vpc' };
    for (const [extension, driver] of Object.entries(formats)) {
      expect(readFormat(join(directory, `guest-debian-18.${extension}`))).toBe(driver);
    }
    const checked = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], {
      cwd: directory,
      encoding: 'utf8',
    });
    expect(checked.match(/: OK$/gm)).toHaveLength(6);
    const raw = execFileSync('cmp', [join(directory, 'guest-debian-18.raw'), bench.standIn.image]);
    expect(raw.toString()).toBe('');
  });

  it.each([
    ['zstd', 'zstd'],
    ['zlib', 'zlib'],
  ])('compresses qcow2 with %s when it is told to', async (compression, type) => {
    const { status } = await bench.build(compression, { inputs: { compression } }).ended;
    expect(status).toBe(0);
    const image = join(bench.outputDir(compression), 'trove-guest-debian-bookworm.qcow2');
    const info = JSON.parse(
      execFileSync('qemu-img', ['info', '--output=json', image], { encoding: 'utf8' }),
    );
    expect(info['format-specific'].data['compression-type']).toBe(type);
  });

  it('takes name, format and directory from output', async () => {
    const path = join(bench.directory, 'elsewhere', 'mine.raw');
    const { status, stdout } = await bench.build('output', {
      inputs: { output: path },
      flags: ['--json'],
    }).ended;
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ 'image-path': path, 'image-name': 'mine' });
    expect(statSync(path).size).toBe(statSync(bench.standIn.image).size);
  });

  it('replaces the files of an earlier build of the same name', async () => {
    const before = statSync(
      join(bench.outputDir('plain'), 'trove-guest-debian-bookworm.qcow2'),
    ).ino;
    const { status } = await bench.build('plain').ended;
    expect(status).toBe(0);
    const image = join(bench.outputDir('plain'), 'trove-guest-debian-bookworm.qcow2');
    expect(statSync(image).ino).not.toBe(before);
    expect(readdirSync(bench.outputDir('plain')).filter((name) => /partial/.test(name))).toEqual(
      [],
    );
  });

  it('shows every line of diskimage-builder when it is verbose, and only chapters and steps when not', async () => {
    const line = 'Building elements: base vm debian-minimal';
    const plain = await bench.build('quiet').ended;
    const verbose = await bench.build('verbose', { flags: ['--verbose'] }).ended;
    expect(plain.stderr).not.toContain(line);
    expect(plain.stderr).toMatch(/^== Build: install$/m);
    expect(plain.stderr).toMatch(/^ {2}\d+\/\d+ install 01-package-installs$/m);
    expect(plain.stdout).toBe('');
    expect(verbose.stderr).toContain(line);
  });

  it('skips all checks of the image when verify is off, and says so', async () => {
    const { status, stdout } = await bench.build('off', {
      inputs: { verify: 'off' },
      flags: ['--json'],
    }).ended;
    expect({ status, result: JSON.parse(stdout)['verify-result'] }).toEqual({
      status: 0,
      result: 'off',
    });
  });
});

describe('a dry run', () => {
  it('prints the whole plan and changes nothing: no workspace, no output directory, no request', async () => {
    const requests = bench.archive.requests.length;
    const { status, stdout, stderr } = await bench.build('dry', {
      inputs: { packages: 'mariadb-client' },
      flags: ['--dry-run', '--json'],
    }).ended;
    expect(status).toBe(0);
    expect(stderr).toContain('install      01-package-installs (package-installs)');
    expect(stderr).toContain('disk-image-create 3.40.0');
    const plan = JSON.parse(stdout);
    expect(plan).toMatchObject({
      packages: ['mariadb-client'],
      sources: { mirror: bench.archive.mirror },
      guest: { os: 'debian', release: 'bookworm', troveVersion: 18 },
    });
    expect(existsSync(bench.outputDir('dry'))).toBe(false);
    expect(readdirSync(bench.workDir('dry'))).toEqual([]);
    expect(bench.archive.requests).toHaveLength(requests);
  });
});
