import { join } from 'node:path';
import { createCommands } from '../../src/adapters/commands.ts';
import { createMachine } from '../../src/adapters/machine.ts';
import { makePlan } from '../../src/cli-plan.ts';
import { renderReason } from '../../src/core/matrix/jobs.ts';
import { TroveImageError } from '../../src/errors.ts';
import type { HostFacts } from '../../src/model/host.ts';
import type { MatrixPlan } from '../../src/model/matrix.ts';
import type { Log } from '../../src/ports/log.ts';
import { projectDirectory } from './checkout.ts';

type Raw = Readonly<Record<string, string>>;

/** Plans in a directory as the command line does; what it warns of is added to `warnings`. */
export async function planIn(cwd: string, raw: Raw, warnings: string[] = []): Promise<MatrixPlan> {
  const ignore = (): void => undefined;
  const log: Log = {
    ...{ chapter: ignore, close: ignore, progress: ignore, info: ignore, detail: ignore },
    warning: ({ message }) => void warnings.push(message),
    error: ({ message }) => void warnings.push(message),
  };
  const { signal } = new AbortController();
  const bundleDir = join(projectDirectory, 'dist');
  return (await makePlan(raw, { cwd, bundleDir, log, signal, service: null })).plan;
}

/** The reasons of every image that is to be built, as sentences. */
export async function listReasons(
  cwd: string,
  raw: Raw,
): Promise<Readonly<Record<string, readonly string[]>>> {
  const { images } = await planIn(cwd, raw);
  return Object.fromEntries(images.map(({ image, reasons }) => [image, reasons.map(renderReason)]));
}

/** Code, message and hint of everything that a plan is refused for. */
export async function readRefusal(cwd: string, raw: Raw): Promise<string> {
  try {
    await planIn(cwd, raw);
  } catch (error) {
    if (!(error instanceof TroveImageError)) throw error;
    const lines = error.problems.map(({ code, message, hint }) => `${code}: ${message} ${hint}`);
    return lines.join('\n');
  }
  throw new Error('the plan was not refused');
}

/** The facts of this machine. */
export async function readHost(): Promise<HostFacts> {
  const commands = createCommands({ PATH: process.env.PATH ?? '' }, process.getuid?.() === 0);
  const directories = { workDir: '/var/tmp', outputDir: '/var/tmp', venvDir: '/nonexistent' };
  return createMachine(commands, {}).read(directories);
}
