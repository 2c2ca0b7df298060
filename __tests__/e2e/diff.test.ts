import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { renderDiffHelp } from '../../src/core/diff/help.ts';
import type { Difference } from '../../src/model/diff.ts';
import { MBR, makeBare, makeDisk } from '../fixtures/small-image/build-image.ts';
import { addHostileFiles, buildTree } from '../fixtures/small-image/build-tree.ts';
import { projectDirectory } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';
import { type Program, startProgram } from '../support/stand-in/program.ts';

const manifest = join(projectDirectory, '__tests__', 'fixtures', 'manifest.json');
let directory = '';
const at = (name: string): string => join(directory, name);

const start = (args: readonly string[]): Program =>
  startProgram([process.execPath, join(projectDirectory, 'bin', 'trove-image'), 'diff', ...args], {
    cwd: directory,
    environment: {
      PATH: '/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: directory,
      RUNNER_TEMP: at('work'),
    },
  });
const run = (...args: readonly string[]) => start(args).ended;
const compare = async (...args: readonly string[]) => {
  const { status, stdout, stderr } = await run(...args, '--json');
  const difference = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as Difference;
  return { status, stderr, difference };
};
const refuse = async (...args: readonly string[]) => {
  const { status, stdout } = await run(...args, '--json');
  const { error } = JSON.parse(stdout) as { error: { problems: { code: string }[] } };
  return { status, codes: error.problems.map(({ code }) => code) };
};
const convert = (from: string, options: readonly string[], to: string): void => {
  execFileSync('qemu-img', ['convert', ...['-f', 'raw'], ...options, at(from), at(to)]);
};
const writeStatus = (tree: string, packages: Readonly<Record<string, string>>): void => {
  const stanzas = Object.entries(packages).map(
    ([name, version]) =>
      `Package: ${name}\nStatus: install ok installed\nArchitecture: amd64\nVersion: ${version}\n`,
  );
  mkdirSync(at(`${tree}/var/lib/dpkg`), { recursive: true });
  writeFileSync(at(`${tree}/var/lib/dpkg/status`), stanzas.join('\n'));
};

beforeAll(() => {
  directory = mkdtempSync('/var/tmp/diff-test-');
  for (const name of ['tree', 'work']) mkdirSync(at(name));
  buildTree(at('tree'));
  writeFileSync(at('secret'), 'of the host');
  addHostileFiles(at('tree'), at('secret'));
  writeStatus('tree', { bash: '5.2-1', curl: '7.88', gone: '1' });
  writeFileSync(at('tree/first'), 'one inode');
  linkSync(at('tree/first'), at('tree/second'));
  makeBare(at('old.raw'), at('tree'));

  execFileSync('cp', ['-a', at('tree'), at('new')]);
  makeBare(at('same.raw'), at('new'));
  change();
  makeBare(at('new.raw'), at('new'));
  makeDisk(at('disk.raw'), at('tree'), MBR);
}, 60_000);

function change(): void {
  writeStatus('new', { bash: '5.2-2', curl: '7.87', came: '1' });
  writeFileSync(at('new/usr/lib/tool'), 'another tool\n');
  chmodSync(at('new/etc/empty'), 0o700);
  chownSync(at('new/home/ann'), 7, 8);
  rmSync(at('new/second'));
  writeFileSync(at('new/second'), 'one inode');
  rmSync(at('new/etc/os-release'));
  symlinkSync('/usr/lib/os-release', at('new/etc/os-release'));
  rmSync(at('new/h/zero'));
  execFileSync('mknod', [at('new/h/zero'), 'c', '1', '9']);
  rmSync(at('new/h/loop-a'));
  mkdirSync(at('new/h/loop-a'));
  rmSync(at('new/etc/keys.d/.hidden'));
  writeFileSync(at('new/etc/keys.d/came'), 'x'.repeat(5000));
  const odd = Buffer.concat([Buffer.from(at('new/h/n')), Buffer.from([0x80, 0xe9])]);
  writeFileSync(odd, 'changed');
  const set =
    'import os, sys; os.setxattr(sys.argv[1], "security.capability", bytes.fromhex("0100000200140000000000000000000000000000"))';
  execFileSync('python3', ['-c', set, at('new/usr/lib/os-release')]);
}

afterEach(() => {
  expect(readdirSync(at('work'))).toEqual([]);
});
afterAll(() => {
  const { mounts, loops, processes } = readResidue(directory, { fileRoots: [] });
  // one that waits between two looks for processes is started here, and ends by itself
  const named = processes.filter(({ seenIn }) => seenIn.includes('command line'));
  expect({ mounts, loops, named }).toEqual({ mounts: [], loops: [], named: [] });
  rmSync(directory, { recursive: true });
});

describe('two images of one content', () => {
  it.each([
    ['raw', 'same.raw', []],
    ['qcow2', 'same.qcow2', ['-c', '-O', 'qcow2']],
    ['vmdk', 'same.vmdk', ['-O', 'vmdk', '-o', 'subformat=streamOptimized']],
    ['vhd', 'same.vhd', ['-O', 'vpc', '-o', 'subformat=dynamic,force_size=on']],
  ] as const)(
    'are equal, with ids and times of their own, also as %s',
    async (_, name, options) => {
      if (options.length > 0) convert('same.raw', options, name);
      const { status, difference } = await compare('old.raw', name);
      expect({ status, difference }).toEqual({
        status: 0,
        difference: expect.objectContaining({
          equal: true,
          compared: ['packages', 'files', 'disk'],
          files: { added: [], removed: [], changed: [] },
          disk: [],
        }),
      });
      expect(difference.totals).toMatchObject({ packages: 3 });
      expect(difference.totals.files).toBeGreaterThan(50);
    },
  );

  it('say so to people, and tell progress on standard error', async () => {
    const { status, stdout, stderr } = await run('old.raw', 'same.raw');
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^OLD .*old\.raw\nNEW .*same\.raw\n\nNo differences; compared were 3 packages/,
    );
    expect(stderr).toMatch(/== Read the images\n {2}Reading .*old\.raw/);
  });
});

describe('two images that differ', () => {
  it('are told apart in everything, and in nothing else', async () => {
    const { status, difference } = await compare('old.raw', 'new.raw');
    expect({ status, equal: difference.equal, disk: difference.disk }).toEqual({
      status: 1,
      equal: false,
      disk: [],
    });
    const changes = difference.files.changed.map(({ path, changes: each }) => [
      path,
      each.map(({ what }) => what).join(),
    ]);
    expect(Object.fromEntries(changes)).toEqual({
      '/etc/empty': 'mode',
      '/etc/os-release': 'link target',
      '/h/loop-a': 'type,link target,mode',
      '/h/n\udc80\udce9': 'content',
      '/h/zero': 'device',
      '/home/ann': 'owner',
      '/second': 'hard link',
      '/usr/lib/os-release': 'attribute security.capability',
      '/usr/lib/tool': 'content',
      '/var/lib/dpkg/status': 'content',
    });
    expect(difference.files.added).toEqual([
      { path: '/etc/keys.d/came', type: 'f', sizeBytes: 5000 },
    ]);
    expect(difference.files.removed.map(({ path }) => path)).toEqual(['/etc/keys.d/.hidden']);
    expect(difference.packages).toMatchObject({
      added: [{ name: 'came' }],
      removed: [{ name: 'gone' }],
      changed: [
        { name: 'bash', direction: 'newer' },
        { name: 'curl', direction: 'older' },
      ],
    });
  });

  it('are shown to people with names that a terminal can bear, cut at the limit', async () => {
    const { status, stdout } = await run('old.raw', 'new.raw', '--limit', '3');
    expect(status).toBe(1);
    expect(stdout).toContain('  changed  curl:amd64');
    expect(stdout).toContain('Files added: 1 (4.9 KiB)\n  4.9 KiB  /etc/keys.d/came');
    expect(stdout).toContain('  and 7 more (--limit 0 shows all)');
    const all = await run('old.raw', 'new.raw', '--limit', '0');
    expect(all.stdout).toContain('/h/n\\x80\\xe9');
    expect(all.stdout).not.toContain('more (--limit');
  });

  it('count for nothing where the ignore file says so', async () => {
    writeFileSync(at('some'), '# known\n/h/**  # devices\n/etc/*\n/never\n');
    const some = await compare('old.raw', 'new.raw', '--ignore', 'some');
    expect(some.status).toBe(1);
    expect(some.difference.ignored).toEqual({
      count: 5,
      patterns: [
        { pattern: '/h/**', count: 3 },
        { pattern: '/etc/*', count: 2 },
        { pattern: '/never', count: 0 },
      ],
    });
    writeFileSync(at('all'), '/**\n');
    const all = await compare('old.raw', 'new.raw', '--ignore', 'all');
    // packages are never ignored
    expect(all).toMatchObject({ status: 1, difference: { files: { changed: [] } } });
  });

  it('differ in their disks, too', async () => {
    const { status, difference } = await compare('old.raw', 'disk.raw');
    expect(status).toBe(1);
    expect(difference.disk.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['disk:size', 'disk:root', 'disk:partition-1-content']),
    );
  });
});

describe('a manifest', () => {
  it('is compared by its packages', async () => {
    expect(await compare(manifest, manifest)).toMatchObject({
      status: 0,
      difference: { equal: true, compared: ['packages'] },
    });
    const { packages } = JSON.parse(readFileSync(manifest, 'utf8'));
    const [first, ...rest] = packages;
    writeFileSync(at('manifest.json'), JSON.stringify({ packages: rest }));
    expect(await compare(manifest, 'manifest.json')).toMatchObject({
      status: 1,
      difference: { packages: { added: [], removed: [{ name: first.name }], changed: [] } },
    });
  });

  it('is compared with the packages of an image', async () => {
    const packages = Object.entries({ bash: '5.2-1', curl: '7.88', gone: '1' }).map(
      ([name, version]) => ({ name, version, architecture: 'amd64' }),
    );
    writeFileSync(at('small.json'), JSON.stringify({ packages }));
    expect(await compare('small.json', 'old.raw')).toMatchObject({
      status: 0,
      difference: { compared: ['packages'], totals: { packages: 3 } },
    });
  });
});

describe('what cannot be compared', () => {
  it.each([
    ['backing.qcow2', ['-b', 'old.raw', '-F', 'raw']],
    ['data.qcow2', ['-o', 'data_file=data.bin']],
  ])('is an image that names other files: %s', async (name, options) => {
    execFileSync('qemu-img', ['create', '-q', ...['-f', 'qcow2'], ...options, name, '24M'], {
      cwd: directory,
    });
    expect(await refuse(name, 'old.raw')).toEqual({
      status: 2,
      codes: ['image-names-other-files'],
    });
  });

  it('is told for both sides, and the ignore file, at once', async () => {
    execFileSync('mkfifo', [at('fifo')]);
    writeFileSync(at('bad-list'), 'no-path\n');
    expect(await refuse('gone.raw', 'fifo', '--ignore', 'bad-list')).toEqual({
      status: 2,
      codes: ['bad-ignore-file', 'image-not-found', 'image-not-found'],
    });
    expect(await refuse('--ignore', 'gone', 'old.raw', 'same.raw')).toEqual({
      status: 2,
      codes: ['ignore-file-unreadable'],
    });
  });

  it('is an image without a system, or one that was cut off', async () => {
    writeFileSync(at('zero.raw'), '');
    truncateSync(at('zero.raw'), 2 ** 20);
    convert('old.raw', ['-O', 'qcow2'], 'cut.qcow2');
    truncateSync(at('cut.qcow2'), 300_000);
    expect(await refuse('zero.raw', 'cut.qcow2')).toEqual({
      status: 2,
      codes: ['image-damaged', 'image-damaged'],
    });
  });

  it('is anything, without a place for temporary files', async () => {
    expect(await refuse('old.raw', 'same.raw', '--work-dir', 'gone')).toEqual({
      status: 3,
      codes: ['work-dir-missing'],
    });
  });

  it('is told with every mistake in the arguments', async () => {
    expect(await refuse('old.raw', '--limit', 'x', '--ignroe', 'y')).toEqual({
      status: 2,
      codes: ['unknown-input', 'bad-input'],
    });
  });
});

describe('the command diff', () => {
  it('prints its help', async () => {
    const { status, stdout } = await run('--help');
    expect({ status, stdout }).toEqual({ status: 0, stdout: `${renderDiffHelp()}\n` });
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'ends at %s with 130 and leaves nothing',
    async (signal) => {
      mkdirSync(at('busy'), { recursive: true });
      buildTree(at('busy'));
      for (let number = 0; number < 60; number += 1) {
        writeFileSync(at(`busy/${number}`), '');
        truncateSync(at(`busy/${number}`), 60 * 2 ** 20);
      }
      makeBare(at('busy.raw'), at('busy'));
      rmSync(at('busy'), { recursive: true });
      const program = start(['busy.raw', 'busy.raw', '--json']);
      await program.seen(/Reading/);
      await new Promise((resolve) => setTimeout(resolve, 700));
      const sentAt = performance.now();
      process.kill(program.child.pid ?? 0, signal);
      const { status, stdout } = await program.ended;
      expect(performance.now() - sentAt).toBeLessThan(7500);
      expect({ status, answer: JSON.parse(stdout) }).toMatchObject({
        status: 130,
        answer: { error: { kind: 'cancelled' } },
      });
      // the kernel lets go of a loop device some time after the process that had it is gone
      let { loops } = readResidue(directory, { fileRoots: [] });
      for (let round = 0; loops.length > 0 && round < 50; round += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        loops = readResidue(directory, { fileRoots: [] }).loops;
      }
      expect(loops).toEqual([]);
    },
  );
});
