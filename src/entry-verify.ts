import { dirname, join } from 'node:path';
import { createImageFiles } from './adapters/image-files.ts';
import { createPace } from './adapters/pace.ts';
import { createGuests } from './adapters/qemu.ts';
import { verify } from './commands/verify.ts';
import { startAgentCompanion } from './commands/verify-agent.ts';
import { isSafePath } from './core/inputs/values.ts';
import { readWords } from './core/inputs/words.ts';
import { readVerifyArguments } from './core/verify/arguments.ts';
import type { Inputs } from './model/inputs.ts';
import type { Outputs } from './model/output-table.ts';
import type { Verdict, VerifyRequest } from './model/verify.ts';
import type { Log } from './ports/log.ts';
import { locateInstallation, wire } from './wiring.ts';

/** Reads the words after `verify`, as this process was called. */
export const readVerifyRequest = (args: readonly string[]): VerifyRequest =>
  readVerifyArguments(args, {
    ...{ cwd: process.cwd(), temporaryDir: process.env.RUNNER_TEMP || '/var/tmp' },
    ...{ isSafePath, readWords },
  });

/** The verification that a build asks for when it is done; null for what it has done itself. */
export function requestVerification(
  { verify: level, install, workDir }: Pick<Inputs, 'verify' | 'install' | 'workDir'>,
  outputs: Outputs,
): VerifyRequest | null {
  if (level !== 'boot' && level !== 'agent') return null;
  const imagePath = outputs['image-path'];
  const beside = dirname(imagePath);
  return {
    ...{ imagePath, level, workDir, timeoutSeconds: null, datastore: null, json: false },
    consolePath: join(beside, 'verify-console.log'),
    verdictPath: join(beside, 'verify.json'),
    install: install !== 'none',
  };
}

/** Verifies with the real machine. */
export function runVerification(
  request: VerifyRequest,
  log: Log,
  signal: AbortSignal,
  bundleDir: string,
): Promise<Verdict> {
  const ports = {
    ...wire(log, process.env, signal),
    imageFiles: createImageFiles(),
    guests: createGuests({ PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C.UTF-8' }),
    sleep: createPace(signal).sleep,
  };
  const { hostDir } = locateInstallation(bundleDir, process.env);
  const isAgent = request.level === 'agent';
  return verify(ports, {
    ...{ request, hostDir, signal },
    startCompanion: isAgent
      ? (guest) => startAgentCompanion(ports, { ...request, hostDir }, guest)
      : null,
  });
}
