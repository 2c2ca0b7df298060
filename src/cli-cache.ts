import { createDirectoryCache } from './adapters/directory-cache.ts';
import { tendCache } from './commands/cache.ts';
import { suggest } from './core/inputs/nearest.ts';
import { isSafePath } from './core/inputs/values.ts';
import { readWords } from './core/inputs/words.ts';
import { readCacheArguments } from './core/shelf/arguments.ts';
import { exitCodes } from './errors.ts';
import type { Log } from './ports/log.ts';
import { locateCache } from './wiring.ts';

/** The command `cache`: the text for standard output, and the exit code. */
export async function runCache(
  args: readonly string[],
  log: Log,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly exitCode: number }> {
  const cacheDir = locateCache(process.env);
  const caller = { cwd: process.cwd(), cacheDir, isSafePath, readWords, suggest };
  const request = readCacheArguments(args, caller);
  const ports = { shelf: createDirectoryCache(request.cachePath), clock: { now: Date.now } };
  const { text, json, problems } = await tendCache(ports, request, signal);
  log.close();
  for (const problem of problems) log.error(problem);
  return {
    text: request.json ? JSON.stringify(json) : text,
    exitCode: problems.length > 0 ? exitCodes.host : 0,
  };
}
