import { describe, expect, it } from '@jest/globals';
import type { PathFacts } from '../../src/ports/image-files.ts';
import {
  checkMachine,
  identify,
  readIgnoreFile,
  readImage,
  readManifest,
  unpackImage,
} from '../../src/stages/compare.ts';
import { fakeCommands, fakeFiles, fakeLog } from './fakes.ts';

const workspace = { name: 'trove-image-AAAAAA', path: '/ws' };
const fileOf = (text: string): PathFacts => ({
  kind: 'file',
  sizeBytes: text.length,
  head: Buffer.from(text.padEnd(512, '\0'), 'latin1'),
});
const bench = (
  answers: Parameters<typeof fakeCommands>[0] = [],
  facts: PathFacts = fileOf('QFI\xfb\0\0\0\x03'),
  texts: Readonly<Record<string, string>> = {},
) => ({
  commands: fakeCommands(answers),
  files: fakeFiles(texts),
  imageFiles: { look: async () => facts },
  log: fakeLog(),
});
const problem = (kind: string, code: string) => ({ kind, problems: [{ code }] });

describe('finding out what is compared', () => {
  it('asks qemu-img about the known form only, and never lets it guess', async () => {
    const ports = bench([[/info/, { stdout: '{}' }]]);
    expect(await identify(ports, '/a')).toEqual({ kind: 'image', path: '/a', driver: 'qcow2' });
    expect(ports.commands.started).toEqual(['qemu-img info -f qcow2 --output=json /a']);
  });

  it('starts nothing for a raw image, or for one that names other files', async () => {
    const raw = bench([], fileOf('any'));
    expect(await identify(raw, '/a')).toEqual({ kind: 'image', path: '/a', driver: 'raw' });
    const backed = bench([], fileOf(`QFI\xfb\0\0\0\x03${'\0'.repeat(7)}\x01`));
    await expect(identify(backed, '/a')).rejects.toMatchObject(
      problem('input', 'image-names-other-files'),
    );
    expect([...raw.commands.started, ...backed.commands.started]).toEqual([]);
  });

  it('refuses an image of which qemu-img tells another file', async () => {
    const ports = bench([[/info/, { stdout: '{"backing-filename": "/etc/shadow"}' }]]);
    await expect(identify(ports, '/a')).rejects.toMatchObject(
      problem('input', 'image-names-other-files'),
    );
  });

  it.each<[PathFacts, RegExp]>([
    [{ kind: 'directory' }, /a directory/],
    [{ kind: 'other' }, /no file/],
    [{ kind: 'unreadable', reason: 'told' }, /told/],
    [{ kind: 'file', sizeBytes: 0, head: new Uint8Array() }, /empty/],
  ])('refuses %j', async (facts, message) => {
    await expect(identify(bench([], facts), '/a')).rejects.toThrow(message);
  });

  it('tells a work-dir that is none, and an ignore file that cannot be read', async () => {
    await expect(checkMachine(bench(), '/w')).rejects.toMatchObject(
      problem('host', 'work-dir-missing'),
    );
    const ports = bench([], { kind: 'other' });
    await expect(readIgnoreFile(ports, '/i')).rejects.toMatchObject(
      problem('input', 'ignore-file-unreadable'),
    );
    expect(await readIgnoreFile(ports, null)).toEqual([]);
  });
});

describe('a user who cannot become root', () => {
  it('is told so before there is a workspace, which could not be removed', async () => {
    const ports = bench([[/^# true$/, { exitCode: 1, stderr: 'sudo: a password is required\n' }]]);
    await expect(checkMachine(ports, '/w')).rejects.toMatchObject({
      kind: 'host',
      problems: [{ code: 'not-root', message: expect.stringMatching(/a password is required$/) }],
    });
  });
});

describe('unpacking an image', () => {
  const image = { path: '/a', driver: 'qcow2' } as const;

  it('names both forms, and takes a raw image as it is', async () => {
    const ports = bench();
    expect(await unpackImage(ports, image, '/ws/out/old.raw')).toBe('/ws/out/old.raw');
    expect(ports.commands.started[0]).toMatch(
      /^qemu-img convert .*-f qcow2 -O raw \/a \/ws\/out\/old\.raw$/,
    );
    expect(await unpackImage(ports, { ...image, driver: 'raw' }, '/ws/out/old.raw')).toBe('/a');
    expect(ports.commands.started).toHaveLength(1);
  });

  it.each([
    [{ exitCode: 127, stderr: 'no such program' }, 'host', 'tool-missing'],
    [{ exitCode: 1, stderr: 'error: No space left on device' }, 'host', 'no-space'],
    [{ exitCode: 1, stderr: 'Image is corrupt' }, 'input', 'image-damaged'],
  ])('fails with what %j means', async (answer, kind, code) => {
    await expect(unpackImage(bench([[/./, answer]]), image, '/r')).rejects.toMatchObject(
      problem(kind, code),
    );
  });
});

describe('reading a side', () => {
  const status = 'Package: a\nVersion: 1\nArchitecture: all\nStatus: install ok installed\n';
  const facts = (content: object) =>
    JSON.stringify({ files: [], enabledUnits: [], contents: { '/var/lib/dpkg/status': content } });
  const read = (answer: object, withTree = false) => {
    const ports = bench([[/read-image/, answer]]);
    const image = { path: '/a', rawPath: '/r' };
    return { ports, side: readImage(ports, image, withTree, workspace, '/host') };
  };

  it('asks as root, for details only where they are compared', async () => {
    const { ports, side } = read({ stdout: facts({ text: status }) });
    expect(await side).toEqual({
      path: '/a',
      packages: [expect.objectContaining({ name: 'a', version: '1', architecture: 'all' })],
      tree: null,
    });
    expect(ports.commands.started).toEqual([
      '# /usr/bin/python3 -I /host/read-image /r --mount-point /ws/mount --content /var/lib/dpkg/status',
    ]);
  });

  it('does not take an image for one without packages when their list is too large to read', async () => {
    const { side } = read({ stdout: facts({ tooLarge: 9_000_000 }) });
    await expect(side).rejects.toMatchObject(problem('input', 'image-damaged'));
  });

  it('does not take an answer without details for equal', async () => {
    const { ports, side } = read({ stdout: facts({ missing: true }) }, true);
    await expect(side).rejects.toThrow();
    expect(ports.commands.started[0]).toMatch(/ --details$/);
  });

  it('does not read a file that is too large for a manifest', async () => {
    const texts = { '/m': '{"packages": []}' };
    const source = { kind: 'manifest', path: '/m', sizeBytes: 16 } as const;
    expect(await readManifest(bench([], undefined, texts), source)).toMatchObject({ packages: [] });
    const large = readManifest(bench([], undefined, texts), { ...source, sizeBytes: 2 ** 30 });
    await expect(large).rejects.toMatchObject(problem('input', 'manifest-invalid'));
  });
});
