import { dirname, isAbsolute, join, normalize } from 'node:path/posix';
import { type Problem, TroveImageError } from '../../errors.ts';
import { type VerifyLevel, type VerifyRequest, verifyLevels } from '../../model/verify.ts';
import type { WordReader } from '../../model/words.ts';

/** Who calls, and rules that the inputs of a build share. */
export interface VerifyCaller {
  readonly cwd: string;
  readonly temporaryDir: string;
  readonly isSafePath: (path: string) => boolean;
  readonly readWords: WordReader;
}

const options = {
  command: 'verify',
  valued: [
    '--image',
    '--level',
    '--timeout',
    '--console',
    '--install',
    '--work-dir',
    '--datastore',
  ],
  flags: ['--json', '--verbose', '--help'],
} as const;
const installModes = ['auto', 'none'];

/** Reads the words after `verify`; throws one error that lists every mistake in them. */
export function readVerifyArguments(args: readonly string[], caller: VerifyCaller): VerifyRequest {
  const { values, names, mistakes: first } = caller.readWords(args, options);
  const mistakes: Problem[] = [...first];
  const absolute = (path: string): string =>
    normalize(isAbsolute(path) ? path : join(caller.cwd, path)).replace(/(.)\/$/, '$1');
  const refuse = (name: string, value: string, accepts: string): void => {
    const message = `${name}: got ${JSON.stringify(value)}, accepts ${accepts}.`;
    mistakes.push({ code: 'bad-input', message, hint: `Correct the value of --${name}.` });
  };
  for (const word of names) {
    const message = `${JSON.stringify(word)} belongs to no option of verify.`;
    mistakes.push({ code: 'stray-argument', message, hint: 'See trove-image verify --help.' });
  }
  const { '--image': image = '', '--level': level = 'boot', '--timeout': timeout } = values;
  if (image === '') refuse('image', image, 'the path of an image');
  if (!isLevel(level)) refuse('level', level, `one of ${verifyLevels.join(', ')}`);
  const datastore = values['--datastore'];
  if (datastore !== undefined && !/^[a-z0-9_]+(:[\w.-]+)?$/.test(datastore))
    refuse('datastore', datastore, 'NAME or NAME:VERSION');
  if (timeout !== undefined && !/^[1-9]\d{0,5}$/.test(timeout))
    refuse('timeout', timeout, 'a number of seconds');
  const install = values['--install'] ?? 'auto';
  if (!installModes.includes(install)) refuse('install', install, 'auto or none');
  const workDir = absolute(values['--work-dir'] ?? caller.temporaryDir);
  if (!caller.isSafePath(workDir))
    refuse('work-dir', workDir, 'a path without spaces, quotes and colons');
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  const imagePath = absolute(image);
  return {
    imagePath,
    level: level as VerifyLevel,
    timeoutSeconds: timeout === undefined ? null : Number(timeout),
    consolePath: absolute(values['--console'] ?? join(dirname(imagePath), 'verify-console.log')),
    verdictPath: join(dirname(imagePath), 'verify.json'),
    workDir,
    install: install === 'auto',
    datastore: datastore ?? null,
    json: values['--json'] !== undefined,
  };
}

const isLevel = (text: string): text is VerifyLevel => verifyLevels.some((level) => level === text);
