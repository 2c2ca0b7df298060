import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { GPT, MBR, makeBare, makeBlank, makeDisk } from '../fixtures/small-image/build-image.ts';
import { addHostileFiles, addManyFiles, buildTree } from '../fixtures/small-image/build-tree.ts';
import {
  findTraces,
  PROGRAM,
  type Report,
  start,
  waitUntil,
} from '../fixtures/small-image/run-read-image.ts';

const FILES_COUNT = 12_000;

let folder = '';
const at = (name: string): string => join(folder, name);

function read(args: readonly string[]): Report {
  const { status, stdout, stderr } = start(['--mount-point', at('mnt'), ...args]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return JSON.parse(stdout) as Report;
}

function readError(args: readonly string[], options = {}): { error: string; message: string } {
  const { status, stdout, stderr } = start(args, options);
  expect({ stdout, failed: status !== 0 && status !== null }).toEqual({
    stdout: '',
    failed: true,
  });
  expect(stderr.split('\n')).toHaveLength(2);
  return JSON.parse(stderr) as { error: string; message: string };
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-image-'));
  chmodSync(folder, 0o755);
  for (const name of ['tree', 'mnt', 'other', 'large']) mkdirSync(at(name));
  writeFileSync(at('secret'), 'of the host');
  buildTree(at('tree'));
  makeDisk(at('mbr.raw'), at('tree'), MBR);
  makeDisk(at('gpt.raw'), at('tree'), GPT);
  makeBare(at('plain.raw'), at('tree'));
  addHostileFiles(at('tree'), at('secret'));
  makeBare(at('hostile.raw'), at('tree'));
  buildTree(at('large'));
  addManyFiles(at('large'), FILES_COUNT / 200, 200);
  makeBare(at('large.raw'), at('large'), ['-N', '16000']);
}, 60_000);

afterAll(() => {
  expect(findTraces(folder)).toEqual([]);
  rmSync(folder, { recursive: true });
});

describe('read-image', () => {
  it('finds the root behind an MBR table and changes no byte of the image', () => {
    const digest = () =>
      createHash('sha256')
        .update(readFileSync(at('mbr.raw')))
        .digest('hex');
    const before = digest();
    const { format, partitions, root } = read([at('mbr.raw')]);
    expect(digest()).toBe(before);
    expect(format).toBe(1);
    const common = {
      type: '83',
      fsType: 'ext4',
      uuid: expect.stringMatching(/^[0-9a-f-]{36}$/),
    };
    expect(partitions).toEqual([
      {
        ...common,
        number: 1,
        startBytes: 2 ** 20,
        sizeBytes: 2 ** 23,
        bootable: false,
        label: 'other',
      },
      {
        ...common,
        number: 2,
        startBytes: 10 * 2 ** 20,
        sizeBytes: 24 * 2 ** 20,
        bootable: true,
        label: 'guest root',
      },
    ]);
    expect(root).toMatchObject({
      partition: 2,
      fsType: 'ext4',
      label: 'guest root',
    });
    expect(root.uuid).toBe(partitions[1]?.uuid);
    expect(root.sizeBytes).toBeGreaterThan(Number(root.usedBytes));
    expect(root.inodesUsed).toBeGreaterThan(20);
  });

  it('finds the root behind a GPT table', () => {
    const { partitions, root } = read([at('gpt.raw')]);
    expect(partitions.map(({ number, type, bootable }) => [number, type, bootable])).toEqual([
      [1, '21686148-6449-6E6F-744E-656564454649', false],
      [2, '0FC63DAF-8483-4772-8E79-3D69D8477DE4', true],
    ]);
    expect(root).toMatchObject({ partition: 2, label: 'guest root' });
  });

  it('reads a bare file system: every file, the release, the enabled units', () => {
    const report = read([at('plain.raw')]);
    expect(report.partitions).toEqual([]);
    expect(report.root).toMatchObject({ partition: null, label: 'guest root' });
    expect(report.osRelease).toEqual({
      NAME: 'Small "Guest"',
      ID: 'small',
      ODD: '"open',
    });
    expect(report.enabledUnits).toEqual([
      ['docker.service', 'multi-user.target'],
      ['ssh.socket', 'sockets.target'],
    ]);
    const found = new Map(report.files.map((file) => [file[0], file]));
    expect(found.get('/')?.slice(0, 2)).toEqual(['/', 'd']);
    expect(found.get('/usr/lib/tool')).toEqual([
      '/usr/lib/tool',
      'f',
      '4755',
      1000,
      1001,
      10,
      null,
    ]);
    expect(found.get('/etc/os-release')).toEqual([
      '/etc/os-release',
      'l',
      '0777',
      0,
      0,
      21,
      '../usr/lib/os-release',
    ]);
    const listed = execFileSync(
      'find',
      [at('tree'), '-path', at('tree/h'), '-prune', '-o', '-printf', '/%P\n'],
      { encoding: 'utf8' },
    )
      .trim()
      .split('\n');
    expect([...found.keys()].filter((path) => !path.startsWith('/lost+found')).sort()).toEqual(
      listed.sort(),
    );
  });

  it('reads an xfs root without replaying its log', () => {
    if (spawnSync('mkfs.xfs', ['-V']).error) {
      console.warn('xfs is not tried: this machine has no mkfs.xfs (Debian package xfsprogs)');
      return;
    }
    makeBlank(at('xfs.raw'), 320);
    const proto = [
      '/',
      '0 0',
      'd--755 0 0',
      'etc d--755 0 0',
      `os-release ---644 0 0 ${at('tree/usr/lib/os-release')}`,
      '$',
      '$',
      '',
    ];
    writeFileSync(at('proto'), proto.join('\n'));
    execFileSync('mkfs.xfs', ['-q', '-L', 'xroot', '-p', at('proto'), at('xfs.raw')]);
    const report = read([at('xfs.raw')]);
    expect(report.root).toMatchObject({ fsType: 'xfs', label: 'xroot' });
    expect(report.files.map(([path]) => path)).toEqual(['/', '/etc', '/etc/os-release']);
  });

  it('prints contents for paths and patterns', () => {
    const wanted = [
      '/home/*/.ssh/authorized_keys',
      '/etc/keys.d/*',
      '/etc/nothing*',
      '/etc/gone',
      '/etc/empty',
      '/*/os-release',
    ];
    expect(
      read([at('plain.raw'), ...wanted.flatMap((path) => ['--content', path])]).contents,
    ).toEqual({
      '/home/ann/.ssh/authorized_keys': { text: 'ann\n' },
      '/home/bob/.ssh/authorized_keys': { base64: '/wA=' },
      '/etc/keys.d/.hidden': { text: 'hidden\n' },
      '/etc/keys.d/deeper': { notRegular: 'd' },
      '/etc/nothing*': { missing: true },
      '/etc/gone': { missing: true },
      '/etc/empty': { notRegular: 'd' },
      '/etc/os-release': {
        text: readFileSync(at('tree/usr/lib/os-release'), 'utf8'),
      },
    });
  });

  it('never leaves a hostile image, opens no device or FIFO, and keeps its limits', () => {
    const names = [
      'absolute',
      'climbing',
      'proc',
      'loop-a',
      'self',
      'fifo',
      'to-fifo',
      'zero',
      'disk',
      'over',
      'top/../../usr/lib/os-release',
      'rooted',
      'fifo/..',
      `top${at('secret')}`,
    ];
    const { contents } = read([
      at('hostile.raw'),
      ...names.flatMap((name) => ['--content', `/h/${name}`]),
    ]);
    expect(Object.entries(contents).map(([path, content]) => [path.slice(3), content])).toEqual([
      ['absolute', { missing: true }],
      ['climbing', { missing: true }],
      ['proc', { missing: true }],
      ['loop-a', { missing: true }],
      ['self', { missing: true }],
      ['fifo', { notRegular: 'p' }],
      ['to-fifo', { notRegular: 'p' }],
      ['zero', { notRegular: 'c' }],
      ['disk', { notRegular: 'b' }],
      ['over', { tooLarge: 8 * 2 ** 20 + 1 }],
      ['top/../../usr/lib/os-release', { text: expect.stringContaining('ID=small') }],
      ['rooted', { text: expect.stringContaining('ID=small') }],
      ['fifo/..', { missing: true }],
      [`top${at('secret')}`, { missing: true }],
    ]);
    const { contents: large } = read([at('hostile.raw'), '--content', '/h/limit']);
    expect(large).toEqual({
      '/h/limit': { base64: Buffer.alloc(8 * 2 ** 20).toString('base64') },
    });
  });

  it('keeps the total of all contents under 64 MiB', () => {
    const paths = Array.from({ length: 9 }, (_, count) => `${'/h/..'.repeat(count)}/h/limit`);
    const { contents } = read([at('hostile.raw'), ...paths.flatMap((path) => ['--content', path])]);
    expect(Object.values(contents).map((content) => Object.keys(content)[0])).toEqual([
      ...Array<string>(8).fill('base64'),
      'tooLarge',
    ]);
  });

  it('spells unusual names so that none is lost, sorted by their bytes', () => {
    const paths = read([at('hostile.raw')]).files.map(([path]) => path);
    const odd = paths.filter((path) => path.startsWith('/h/n'));
    expect(odd).toEqual(['/h/new\nline', '/h/n\udc80\udce9', '/h/né']);
    const listed = execFileSync('find', [at('tree'), '-printf', '/%P\\0'], {
      encoding: 'latin1',
    }).split('\0');
    expect(paths.filter((path) => !path.startsWith('/lost+found'))).toHaveLength(listed.length - 1);
  });

  it('reads several images at once, and one image several times at once', async () => {
    const images = ['plain.raw', 'plain.raw', 'plain.raw', 'mbr.raw', 'gpt.raw', 'gpt.raw'];
    const runs = images.map(
      (image) =>
        new Promise<string>((resolve, reject) => {
          const child = spawn(PROGRAM, [at(image), '--mount-point', at('mnt')]);
          const chunks: Buffer[] = [];
          child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
          child.stderr.on('data', (chunk: Buffer) => reject(new Error(chunk.toString())));
          child.on('close', () => resolve(Buffer.concat(chunks).toString()));
        }),
    );
    const alone = {
      'plain.raw': read([at('plain.raw')]),
      'mbr.raw': read([at('mbr.raw')]),
      'gpt.raw': read([at('gpt.raw')]),
    };
    const reports = (await Promise.all(runs)).map((text) => JSON.parse(text) as Report);
    expect(reports).toEqual(images.map((image) => alone[image as keyof typeof alone]));
  });

  it.each([
    ['SIGKILL', 0, [null, 'SIGKILL']],
    ['SIGKILL', 40, [null, 'SIGKILL']],
    ['SIGTERM', 20, [143, null]],
  ] as const)(
    'leaves nothing behind when %s comes %i ms after the loop device',
    async (signal, delayMs, end) => {
      const options = { detached: true, stdio: 'ignore' } as const;
      const child = spawn(PROGRAM, [at('large.raw'), '--mount-point', at('mnt')], options);
      const pid = Number(child.pid);
      const ended = new Promise((resolve) => {
        child.on('exit', (status, by) => resolve([status, by]));
      });
      const isAttached = () => findTraces(folder).some((line) => line.startsWith(at('large.raw')));
      expect(await waitUntil(isAttached, 5000)).toBe(true);
      await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (signal === 'SIGKILL') {
        // Stopped, the part inside the namespaces can neither finish nor tidy up by itself.
        const inner = Number(execFileSync('ps', ['-o', 'pid=', '--ppid', String(pid)]));
        process.kill(inner, 'SIGSTOP');
        expect(isAttached()).toBe(true);
        process.kill(pid, signal);
      } else {
        process.kill(-pid, signal);
      }
      expect(await ended).toEqual(end);
      await waitUntil(() => findTraces(folder).length === 0, 3000);
      expect(findTraces(folder)).toEqual([]);
    },
  );

  it('lists a large image completely', () => {
    const { files } = read([at('large.raw')]);
    expect(files.filter(([path, type]) => type === 'f' && path.startsWith('/many/'))).toHaveLength(
      FILES_COUNT,
    );
  });

  it('refuses a file system whose directories do not form a tree', () => {
    copyFileSync(at('plain.raw'), at('cycle.raw'));
    execFileSync('debugfs', ['-w', '-R', 'link /etc /home/again', at('cycle.raw')], {
      stdio: 'ignore',
    });
    expect(readError([at('cycle.raw')])).toMatchObject({
      error: 'damaged-filesystem',
      message: expect.stringContaining('/home/again'),
    });
  });

  it('asks for root when another user starts it', () => {
    copyFileSync(PROGRAM, at('program'));
    chmodSync(at('program'), 0o755);
    expect(readError([at('plain.raw')], { uid: 65534, program: at('program') })).toEqual({
      error: 'not-root',
      message: expect.stringMatching(/runs as user 65534.*sudo/),
    });
  });

  it('names the tool that is missing', () => {
    mkdirSync(at('bin'));
    for (const tool of ['unshare', 'mount', 'umount', 'blkid']) {
      const real = ['/usr/bin', '/usr/sbin', '/bin', '/sbin']
        .map((place) => join(place, tool))
        .find(existsSync);
      symlinkSync(String(real), at(`bin/${tool}`));
    }
    expect(readError([at('plain.raw')], { path: at('bin') })).toMatchObject({
      error: 'tool-missing',
      message: expect.stringMatching(/^sfdisk is not in PATH/),
    });
  });

  it('says which image cannot be one', () => {
    writeFileSync(at('empty.raw'), '');
    writeFileSync(at('qcow2.raw'), 'QFI\xfb'.padEnd(4096), 'latin1');
    makeBlank(at('zero.raw'), 4);
    makeBlank(at('swap.raw'), 4);
    execFileSync('mkswap', [at('swap.raw')], { stdio: 'ignore' });
    makeBare(at('rootless.raw'), at('other'));
    makeBare(at('cut.raw'), at('other'));
    truncateSync(at('cut.raw'), 12 * 2 ** 20);
    const said = (name: string) => readError([at(name)]);
    const answer = (error: string, text: string) => ({
      error,
      message: expect.stringContaining(text),
    });
    expect(said('gone.raw')).toEqual(answer('no-image', 'No such file'));
    expect(said('mnt')).toEqual(answer('no-image', 'Is a directory'));
    expect(said('tree/h/fifo')).toEqual(answer('no-image', 'not a regular file'));
    expect(said('empty.raw')).toEqual(answer('no-image', 'is empty'));
    expect(said('qcow2.raw')).toEqual(answer('no-image', 'qemu-img convert -O raw'));
    expect(said('zero.raw')).toEqual(answer('no-partition-table-or-filesystem', 'neither'));
    expect(said('swap.raw')).toEqual(answer('no-root-filesystem', 'swap'));
    expect(said('rootless.raw')).toEqual(answer('no-root-filesystem', '/etc/os-release'));
    expect(said('cut.raw')).toEqual(answer('mount-failed', 'fsck'));
  });

  it('refuses what it was asked wrongly', () => {
    expect(readError([])).toMatchObject({ error: 'usage' });
    expect(readError([at('plain.raw'), '--content', 'etc/passwd'])).toMatchObject({
      error: 'usage',
    });
    expect(readError([at('plain.raw'), '--mount-point', at('tree')])).toMatchObject({
      error: 'usage',
      message: expect.stringContaining('not empty'),
    });
    expect(readError([at('plain.raw'), '--mount-point', at('absent')])).toMatchObject({
      error: 'usage',
    });
    expect(start(['--help']).stdout).toMatch(/^read-image: .*\n\nusage: read-image IMAGE\.raw/);
  });
});
