import { TroveImageError } from '../../errors.ts';
import { inputTable } from '../../model/input-table.ts';
import type {
  Architecture,
  Compression,
  GuestOs,
  ImageFormat,
  Inputs,
  InstallMode,
  VerifyMode,
} from '../../model/inputs.ts';
import type { CacheBackend, CacheMode } from '../../model/layers.ts';
import { readContainers } from './containers.ts';
import { readDevelopment, readRootPassword } from './development.ts';
import { readEnvironment } from './environment.ts';
import { readNames } from './names.ts';
import { absolute, readPath } from './paths.ts';
import { readPublication } from './publication.ts';
import { createReader, findUnknown, type InputReader } from './reader.ts';
import { readGuest } from './release.ts';
import { readArchiveUrl, readMirror, readSecurityMirror } from './sources.ts';
import { readTrove } from './trove.ts';
import { isArtifactName, isElementName, isPackageName, isUserName } from './values.ts';

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
  const inputs: Inputs = { ...readContent(reader, raw, caller), ...readRun(reader, caller) };
  const mistakes = [...findUnknown(raw, inputTable), ...reader.mistakes];
  if (mistakes.length > 0) throw new TroveImageError('input', mistakes);
  return inputs;
}

/** What the image is. */
function readContent(
  reader: InputReader,
  raw: Readonly<Record<string, string | undefined>>,
  { cwd }: Caller,
) {
  const { release, guestAgent } = readGuest(reader);
  const names = readNames(reader, raw, guestAgent);
  const { registryLogins, ...containers } = readContainers(reader, cwd);
  return {
    guestOs: release.os,
    guestRelease: release.codename,
    architecture: reader.choice<Architecture>('architecture'),
    guestAgent,
    guestUsername: readUserName(reader, release.os),
    trove: readTrove(reader, raw, cwd),
    development: readDevelopment(reader, raw, guestAgent, cwd),
    ...containers,
    secrets: { rootPassword: readRootPassword(reader), registryLogins },
    elements: reader.list('elements', isElementName),
    elementsPath: readPaths(reader, cwd),
    packages: reader.list('packages', isPackageName),
    environment: readEnvironment(reader),
    mirror: readMirror(reader),
    securityMirror: readSecurityMirror(reader),
    pythonIndex: readArchiveUrl(reader, 'python-index'),
    imageName: names.imageName,
    formats: names.formats as readonly ImageFormat[],
    outputDir: absolute(names.outputDir, cwd),
    imageSizeGib: reader.integer('image-size', 3, 100),
    compression: reader.choice<Compression>('compression'),
  };
}

/** How it is made. */
function readRun(reader: InputReader, { cwd, temporaryDir, cacheDir }: Caller) {
  const pathOf = (name: 'cache-path' | 'work-dir', fallback: string): string =>
    readPath(reader, name, reader.text(name) || fallback, cwd);
  return {
    install: reader.choice<InstallMode>('install'),
    cache: readCacheMode(reader),
    cacheBackend: reader.choice<CacheBackend>('cache-backend'),
    cachePath: pathOf('cache-path', `${cacheDir}/layers`),
    cacheMaxAgeDays: reader.integer('cache-max-age', 0, 365),
    cacheMaxSizeGib: reader.integer('cache-max-size', 1, 10_000),
    verify: reader.choice<VerifyMode>('verify'),
    publication: doesPublish(reader) ? readPublication(reader, cwd) : null,
    artifact: readArtifact(reader),
    retentionDays: reader.integer('retention-days', 0, 400),
    workDir: pathOf('work-dir', temporaryDir),
    dryRun: reader.choice<'true' | 'false'>('dry-run') === 'true',
  };
}

const doesPublish = (reader: InputReader): boolean =>
  reader.choice<'off' | 'glance'>('publish') === 'glance';

/** What a publishing job restores must not come from where others may write: by default it restores nothing. */
function readCacheMode(reader: InputReader): CacheMode {
  const mode = reader.choice<CacheMode | 'auto'>('cache');
  if (mode !== 'auto') return mode;
  return reader.text('publish') === 'glance' ? 'off' : 'read-write';
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

function readArtifact(reader: InputReader): string {
  const name = reader.text('artifact');
  if (!isArtifactName(name)) reader.refuse('artifact', name);
  return name;
}
