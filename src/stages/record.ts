import { renderSums } from '../core/report/sums.ts';
import type { Manifest } from '../model/manifest.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';

/** Paths of what stands beside the image in the output directory. */
export interface RecordPaths {
  readonly log: string;
  /** The log while the build runs, and where it stays when the build fails: an earlier image keeps its own. */
  readonly runningLog: string;
  readonly failedLog: string;
  readonly manifest: string;
  readonly sums: string;
}

/** Writes manifest.json, and SHA256SUMS over the images, the manifest and the log. */
export async function writeRecord(
  files: Files,
  paths: RecordPaths,
  manifest: Manifest,
): Promise<void> {
  await replace(files, paths.manifest, `${JSON.stringify(manifest, null, 2)}\n`);
  const companions = await Promise.all(
    [paths.manifest, paths.log].map(async (path) => ({
      fileName: path.slice(path.lastIndexOf('/') + 1),
      ...(await files.digest(path)),
    })),
  );
  await replace(files, paths.sums, renderSums([...manifest.files, ...companions]));
}

/** Puts the log in place and takes the record of an earlier build away: it does not describe what comes now. */
export async function replaceRecord(files: Files, paths: RecordPaths): Promise<void> {
  await files.removeFile(paths.manifest);
  await files.removeFile(paths.sums);
  await files.removeFile(paths.failedLog);
  await files.rename(paths.runningLog, paths.log);
}

/** A reader sees the old file or the new one, never a part of it. */
async function replace(files: Files, path: string, content: string): Promise<void> {
  await files.removeFile(`${path}.partial`);
  await files.write(`${path}.partial`, content);
  await files.rename(`${path}.partial`, path);
}

const versionCommands: Readonly<Record<string, readonly [string, ...string[]]>> = {
  'qemu-img': ['qemu-img', '--version'],
  debootstrap: ['debootstrap', '--version'],
  kpartx: ['dpkg-query', '--show', 'kpartx'],
  'mkfs.ext4': ['mkfs.ext4', '-V'],
  zstd: ['zstd', '--version'],
  python3: ['/usr/bin/python3', '--version'],
};

/** What each tool says its version is; a tool that does not say is left out. */
export async function readToolVersions(
  commands: Commands,
  diskimageBuilder: string,
): Promise<Readonly<Record<string, string>>> {
  const rows = await Promise.all(
    Object.entries(versionCommands).map(async ([name, argv]): Promise<[string, string]> => {
      const { stdout, stderr } = await commands.run(argv);
      return [name, /\d+(\.\d+)+[^\s,)]*/.exec(`${stdout}${stderr}`)?.[0] ?? ''];
    }),
  );
  return {
    'diskimage-builder': diskimageBuilder,
    ...Object.fromEntries(rows.filter(([, found]) => found !== '')),
  };
}
