import { composeConversion } from '../core/image/run.ts';
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

/** Converts the raw image into every format, proves each equal to it, and only then puts it in place. */
export async function convertImage(
  ports: ConvertPorts,
  plan: Plan,
  rawPath: string,
  processors: number,
): Promise<readonly OutputFile[]> {
  const files: OutputFile[] = [];
  for (const { format, fileName } of plan.files) {
    const path = `${plan.outputDir}/${fileName}`;
    const partial = `${plan.outputDir}/.${fileName}.partial`;
    ports.log.progress(`Writing ${fileName}`);
    // nobody's link of this name is followed
    await ports.files.removeFile(partial);
    try {
      await runQemuImg(
        ports,
        composeConversion(format, plan.compression, rawPath, partial, processors),
        fileName,
      );
      if (plan.verify) await prove(ports, format, rawPath, partial, fileName);
      const digest = await ports.files.digest(partial);
      await ports.files.rename(partial, path);
      files.push({ format, fileName, path, ...digest });
    } finally {
      await ports.files.removeFile(partial);
    }
  }
  return files;
}

async function prove(
  ports: ConvertPorts,
  format: string,
  rawPath: string,
  path: string,
  fileName: string,
): Promise<void> {
  const driver = driverOf[format] ?? format;
  if (checkable.has(format))
    await runQemuImg(ports, ['check', '-q', ...['-f', driver], path], fileName);
  await runQemuImg(
    ports,
    ['compare', '-q', ...['-f', 'raw'], ...['-F', driver], rawPath, path],
    fileName,
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
