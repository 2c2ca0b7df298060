import { composeComparisons, composeConversion } from '../core/image/run.ts';
import { failure } from '../errors.ts';
import type { OutputFile } from '../model/image.ts';
import type { Plan } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface ConvertPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
}

/** Formats that `qemu-img check` can check. */
const checkable = new Set(['qcow2', 'vmdk']);
/** qemu-img's names of our formats. */
const driverOf: Readonly<Record<string, string>> = {
  qcow2: 'qcow2',
  raw: 'raw',
  vmdk: 'vmdk',
  vhd: 'vpc',
};

/** A converted file under its hidden name. */
export interface Draft extends OutputFile {
  readonly partialPath: string;
}

/** Converts the raw image into every format and proves each equal to it; nothing has its name yet. */
export async function convertImage(
  ports: ConvertPorts,
  plan: Plan,
  rawPath: string,
  processors: number,
): Promise<readonly Draft[]> {
  const hidden = (fileName: string): string => `${plan.outputDir}/.${fileName}.partial`;
  // nobody's link of such a name is followed
  await removeAll(
    ports.files,
    plan.files.map(({ fileName }) => hidden(fileName)),
  );
  const bytes = plan.verify ? await ports.files.sizeOf(rawPath) : 0;
  const drafts: Draft[] = [];
  try {
    for (const { format, fileName } of plan.files) {
      const partialPath = hidden(fileName);
      ports.log.progress(`Writing ${fileName}`);
      const options = composeConversion(format, plan.compression, rawPath, partialPath, processors);
      await runQemuImg(ports, options, fileName);
      const proof = plan.verify
        ? prove(ports, { format, rawPath, path: partialPath, fileName, bytes })
        : Promise.resolve();
      const [digest] = await Promise.all([ports.files.digest(partialPath), proof]);
      drafts.push({
        format,
        fileName,
        path: `${plan.outputDir}/${fileName}`,
        partialPath,
        ...digest,
      });
    }
  } catch (error) {
    await removeAll(
      ports.files,
      plan.files.map(({ fileName }) => hidden(fileName)),
    );
    throw error;
  }
  return drafts;
}

/** Takes away what a conversion has written, or will have written when it ends. */
export async function withdrawDrafts(
  files: Files,
  converting: Promise<readonly Draft[]>,
): Promise<void> {
  const drafts = await converting.catch(() => []);
  await removeAll(
    files,
    drafts.map(({ partialPath }) => partialPath),
  );
}

/** Gives every file its name; whatever goes wrong, no hidden file stays. */
export async function placeImages(
  files: Files,
  drafts: readonly Draft[],
): Promise<readonly OutputFile[]> {
  try {
    for (const { partialPath, path } of drafts) await files.rename(partialPath, path);
  } finally {
    await removeAll(
      files,
      drafts.map(({ partialPath }) => partialPath),
    );
  }
  return drafts.map(({ partialPath: _hidden, ...file }) => file);
}

async function removeAll(files: Files, paths: readonly string[]): Promise<void> {
  for (const path of paths) await files.removeFile(path);
}

async function prove(
  ports: ConvertPorts,
  file: { format: string; rawPath: string; path: string; fileName: string; bytes: number },
): Promise<void> {
  const driver = driverOf[file.format] ?? file.format;
  if (checkable.has(file.format))
    await runQemuImg(ports, ['check', '-q', ...['-f', driver], file.path], file.fileName);
  await Promise.all(
    composeComparisons(driver, file.rawPath, file.path, file.bytes).map((options) =>
      runQemuImg(ports, options, file.fileName),
    ),
  );
}

async function runQemuImg(
  ports: ConvertPorts,
  options: readonly string[],
  fileName: string,
): Promise<void> {
  const result = await ports.commands.run(['qemu-img', ...options]);
  if (result.exitCode === 0) return;
  const said =
    `${result.stderr}${result.stdout}`.trim().split('\n').at(-1) || `exit code ${result.exitCode}`;
  const verb = options[0] ?? '';
  throw failure(
    verb === 'convert' ? 'build' : 'check',
    `qemu-img-${verb}`,
    `qemu-img ${verb} of ${fileName} failed: ${said}`,
    verb === 'convert'
      ? 'Check the free space in output-dir, and that this qemu-img knows the format and compression.'
      : 'The file differs from the image that was built: a failing disk, or a bug of qemu-img. Build it again.',
  );
}
