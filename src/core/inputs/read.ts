import { isAbsolute, join, normalize } from 'node:path/posix';
import { type Problem, TroveImageError } from '../../errors.ts';
import { inputTable } from '../../model/input-table.ts';
import type { Architecture, GuestOs, ImageFormat, InputSpec, Inputs } from '../../model/inputs.ts';
import { type GuestRelease, guestReleases } from '../../model/releases.ts';
import { readEnvironment } from './environment.ts';
import { readNames } from './names.ts';
import { findNearest, suggest } from './nearest.ts';
import { createReader, type InputReader, quote } from './reader.ts';
import {
  isArchiveUrl,
  isArtifactName,
  isElementName,
  isPackageName,
  isSafePath,
  isUserName,
} from './values.ts';

/** Who calls: relative paths count from `cwd`, temporary files go below `temporaryDir` unless told otherwise. */
export interface Caller {
  readonly cwd: string;
  readonly temporaryDir: string;
  /** Where this user keeps what can be made again. */
  readonly cacheDir: string;
}

/** Checks the raw texts of all inputs and makes Inputs of them; throws one error that lists every mistake. */
export function readInputs(
  raw: Readonly<Record<string, string | undefined>>,
  caller: Caller,
): Inputs {
  const reader = createReader(inputTable, raw);
  const release = readRelease(reader);
  const architecture = reader.choice<Architecture>('architecture');
  const names = readNames(reader, raw, release, architecture);
  const inputs: Inputs = {
    guestOs: release.os,
    guestRelease: release.codename,
    architecture,
    guestAgent: reader.choice('guest-agent'),
    guestUsername: readUserName(reader, release.os),
    elements: reader.list('elements', isElementName),
    elementsPath: readPaths(reader, caller.cwd),
    packages: reader.list('packages', isPackageName),
    environment: readEnvironment(reader),
    mirror: readMirror(reader),
    securityMirror: readSecurityMirror(reader),
    imageName: names.imageName,
    formats: names.formats as readonly ImageFormat[],
    outputDir: absolute(names.outputDir, caller.cwd),
    imageSizeGib: reader.integer('image-size', 3, 100),
    compression: reader.choice('compression'),
    install: reader.choice('install'),
    cache: reader.choice('cache'),
    cacheBackend: reader.choice('cache-backend'),
    cachePath: readPath(
      reader,
      'cache-path',
      reader.text('cache-path') || `${caller.cacheDir}/layers`,
      caller.cwd,
    ),
    cacheMaxAgeDays: reader.integer('cache-max-age', 0, 365),
    cacheMaxSizeGib: reader.integer('cache-max-size', 1, 10_000),
    verify: reader.choice('verify'),
    artifact: readArtifact(reader),
    retentionDays: reader.integer('retention-days', 0, 400),
    workDir: readPath(
      reader,
      'work-dir',
      reader.text('work-dir') || caller.temporaryDir,
      caller.cwd,
    ),
    dryRun: reader.choice<'true' | 'false'>('dry-run') === 'true',
  };
  const mistakes = [...unknownInputs(raw, inputTable), ...reader.mistakes];
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  return inputs;
}

function readRelease(reader: InputReader): GuestRelease {
  const os = reader.choice<GuestOs>('guest-os');
  const known = guestReleases.filter((release) => release.os === os);
  const typed = reader.text('guest-release');
  const release = known.find((each) => (typed === '' ? each.isDefault : each.codename === typed));
  if (release === undefined) {
    if (known.length > 0) {
      reader.refuse(
        'guest-release',
        typed,
        suggest(
          typed,
          guestReleases.map((each) => each.codename),
        ),
      );
    }
    return guestReleases[0] as GuestRelease;
  }
  if (release.packagedTrove === null) {
    const others = guestReleases.filter((each) => each.packagedTrove !== null);
    reader.mistakes.push({
      code: 'no-agent-package',
      message: `guest-release: ${os} ${release.codename} has no trove-guestagent package, which guest-agent: package installs.`,
      hint: `Use ${others.map((each) => `${each.os} ${each.codename} (Trove ${each.packagedTrove})`).join(', ')}.`,
    });
  }
  return release;
}

function readUserName(reader: InputReader, os: GuestOs): string {
  const name = reader.text('guest-username') || os;
  if (!isUserName(name)) reader.refuse('guest-username', name);
  return name;
}

function readPaths(reader: InputReader, cwd: string): readonly string[] {
  const lines = reader.text('elements-path').split(/[\r\n:]+/);
  const paths = lines.map((line) => line.trim()).filter((line) => line !== '');
  return paths.map((path) => readPath(reader, 'elements-path', path, cwd));
}

function readPath(
  reader: InputReader,
  name: 'elements-path' | 'work-dir' | 'cache-path',
  path: string,
  cwd: string,
): string {
  const full = absolute(path, cwd);
  if (!isSafePath(full)) reader.refuse(name, path);
  return full;
}

const absolute = (path: string, cwd: string): string =>
  normalize(isAbsolute(path) ? path : join(cwd, path)).replace(/(.)\/$/, '$1');

function readMirror(reader: InputReader): string {
  const mirror = reader.text('mirror').replace(/\/+$/, '');
  if (mirror !== '' && mirror !== 'host' && !isArchiveUrl(mirror))
    reader.refuse('mirror', hideUserinfo(mirror));
  return mirror;
}

function readSecurityMirror(reader: InputReader): string {
  const url = reader.text('mirror-security').replace(/\/+$/, '');
  if (url === '') return url;
  const shown = hideUserinfo(url);
  if (!isArchiveUrl(url)) reader.refuse('mirror-security', shown);
  const mirror = reader.text('mirror');
  if (mirror === '' || mirror === 'host') {
    reader.refuse('mirror-security', shown, ' It is used together with a URL in mirror only.');
  }
  if (reader.text('guest-os') === 'ubuntu') {
    reader.refuse('mirror-security', shown, ' Ubuntu has its security suite in the mirror itself.');
  }
  return url;
}

/** A password in a URL is refused, and not repeated. */
const hideUserinfo = (url: string): string => url.replace(/^([^/]*\/\/)[^/]*@/, '$1***@');

function readArtifact(reader: InputReader): string {
  const name = reader.text('artifact');
  if (!isArtifactName(name)) reader.refuse('artifact', name);
  return name;
}

function unknownInputs(
  raw: Readonly<Record<string, string | undefined>>,
  table: readonly InputSpec[],
): readonly Problem[] {
  const names = table.map((spec) => spec.name);
  return Object.keys(raw)
    .filter((name) => !names.includes(name))
    .map((name) => ({
      code: 'unknown-input',
      message: `${quote(name)} is not an input.${suggest(name, names)}`,
      hint: `Use ${findNearest(name, names) ?? 'one of the inputs of --help'}.`,
    }));
}
