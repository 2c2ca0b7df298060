import { indexFacts } from '../core/checks/evidence.ts';
import { parseDpkgStatus } from '../core/checks/packages.ts';
import { composeTree, type DetailedFacts } from '../core/diff/facts.ts';
import { parseIgnoreFile } from '../core/diff/ignore.ts';
import { explainReader } from '../core/diff/reader.ts';
import { identifySource, judgeImageInfo, parseManifestPackages } from '../core/diff/source.ts';
import { failure, type TroveImageError } from '../errors.ts';
import type { IgnorePattern, ImageDriver, Side, Source } from '../model/diff.ts';
import type { Workspace } from '../model/plan.ts';
import type { CommandResult, Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { ImageFiles, PathFacts } from '../ports/image-files.ts';
import type { Log } from '../ports/log.ts';

export interface ComparePorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly imageFiles: ImageFiles;
  readonly log: Log;
}

const statusPath = '/var/lib/dpkg/status';
const manifestLimitBytes = 64 * 1024 * 1024;

/** Reads the patterns of the ignore file; none without a file. */
export async function readIgnoreFile(
  ports: ComparePorts,
  path: string | null,
): Promise<readonly IgnorePattern[]> {
  if (path === null) return [];
  const facts = await ports.imageFiles.look(path);
  if (facts.kind !== 'file') {
    throw failure(
      'input',
      'ignore-file-unreadable',
      `${path} cannot be read: ${explainLook(facts)}.`,
      'Correct the path in --ignore, or the rights of the file.',
    );
  }
  return parseIgnoreFile(path, await ports.files.read(path));
}

/** Reading needs root, as cleaning does; temporary files need a directory that exists. */
export async function checkMachine(ports: ComparePorts, path: string): Promise<void> {
  const root = await ports.commands.run(['true'], { asRoot: true });
  if (root.exitCode !== 0) {
    throw failure(
      'host',
      'not-root',
      `Reading an image needs root, and this user cannot become root: ${root.stderr.trim()}`,
      'Run it as root, or as a user with passwordless sudo.',
    );
  }
  const { kind } = await ports.imageFiles.look(path);
  if (kind === 'directory') return;
  throw failure(
    'host',
    'work-dir-missing',
    `work-dir: ${path} is not a directory.`,
    'Make it, or give a directory that exists in --work-dir.',
  );
}

/** Finds out what a file is; refuses what is neither image nor manifest, and images that name other files. */
export async function identify(ports: ComparePorts, path: string): Promise<Source> {
  const facts = await ports.imageFiles.look(path);
  if (facts.kind !== 'file' || facts.sizeBytes === 0) {
    throw failure(
      'input',
      'image-not-found',
      `${path} cannot be read: ${explainLook(facts)}.`,
      'Correct the name, or the rights of the file.',
    );
  }
  const what = identifySource(path, facts.head);
  if (what === 'manifest') return { kind: 'manifest', path, sizeBytes: facts.sizeBytes };
  if (what !== 'raw') {
    const argv = ['qemu-img', 'info', ...['-f', what], '--output=json', path] as const;
    const result = await ports.commands.run([...argv]);
    if (result.exitCode !== 0) throw explainQemuImg(path, result);
    judgeImageInfo(path, result.stdout);
  }
  return { kind: 'image', path, driver: what };
}

function explainLook(facts: PathFacts): string {
  const reasons = { file: 'it is empty', directory: 'it is a directory', other: 'it is no file' };
  return facts.kind === 'unreadable' ? facts.reason : reasons[facts.kind];
}

/** The packages of a manifest. */
export async function readManifest(
  ports: ComparePorts,
  { path, sizeBytes }: Extract<Source, { kind: 'manifest' }>,
): Promise<Side> {
  // a larger one is not a manifest, and need not be read to be refused
  const text = sizeBytes > manifestLimitBytes ? '' : await ports.files.read(path);
  return { path, packages: parseManifestPackages(path, text), tree: null };
}

/** Gives the path of the raw form of an image: itself, or a sparse copy in the workspace. */
export async function unpackImage(
  ports: ComparePorts,
  { path, driver }: { readonly path: string; readonly driver: ImageDriver },
  rawPath: string,
): Promise<string> {
  if (driver === 'raw') return path;
  const forms = [...['-f', driver], ...['-O', 'raw']];
  // many requests at once, in any order: a third faster
  const speed = [...['-m', '16'], '-W', ...['-S', '64k']];
  const argv = ['qemu-img', 'convert', ...speed, ...forms, path, rawPath] as const;
  const result = await ports.commands.run([...argv]);
  if (result.exitCode !== 0) throw explainQemuImg(path, result);
  return rawPath;
}

function explainQemuImg(path: string, { exitCode, stderr }: CommandResult): TroveImageError {
  if (exitCode === 127) {
    return failure(
      'host',
      'tool-missing',
      `qemu-img is not there: ${stderr.trim()}`,
      'Install it (apt-get install qemu-utils).',
    );
  }
  const said = stderr.trim().split('\n').at(-1) || `exit code ${exitCode}`;
  if (/No space left on device|Disk quota exceeded/.test(stderr)) {
    return failure(
      'host',
      'no-space',
      `${path} has no room in work-dir: ${said}`,
      'Free space there, or give a directory on another disk in --work-dir.',
    );
  }
  return failure(
    'input',
    'image-damaged',
    `${path} cannot be read as an image: ${said}`,
    'Compare its SHA-256 with the one of its origin, and fetch or build it again.',
  );
}

/** Reads packages and, `withTree`, everything else that is compared; as root, read-only, in namespaces of its own. */
export async function readImage(
  ports: ComparePorts,
  image: { readonly path: string; readonly rawPath: string },
  withTree: boolean,
  workspace: Workspace,
  hostDir: string,
): Promise<Side> {
  const result = await ports.commands.run(
    [
      ...(['/usr/bin/python3', '-I'] as const),
      `${hostDir}/read-image`,
      image.rawPath,
      ...['--mount-point', `${workspace.path}/mount`],
      ...['--content', statusPath],
      ...(withTree ? ['--details'] : []),
    ],
    { asRoot: true },
  );
  if (result.exitCode !== 0) throw explainReader(image.path, result);
  const facts = JSON.parse(result.stdout) as DetailedFacts;
  const status = facts.contents[statusPath] ?? {};
  if ('tooLarge' in status) {
    throw failure(
      'input',
      'image-damaged',
      `${image.path} cannot be compared: its ${statusPath} has ${status.tooLarge} bytes.`,
      'A list of packages has some MiB: look at what wrote it.',
    );
  }
  const packages = parseDpkgStatus(indexFacts(facts).text(statusPath) ?? '');
  return { path: image.path, packages, tree: withTree ? composeTree(facts) : null };
}
