import { createHash } from 'node:crypto';
import { failure, type Problem } from '../../errors.ts';
import type { Publication, VerifyLevel } from '../../model/publication.ts';

/** What publishing reads of a manifest.json. */
export interface PublishedBuild {
  readonly buildId: string;
  readonly manifestDigest: string;
  readonly builtAtMs: number;
  readonly sourceTimeMs: number;
  readonly revision: string;
  readonly os: string;
  readonly release: string;
  readonly osVersion: string;
  readonly architecture: string;
  readonly isDevelopment: boolean;
  readonly holdsSecrets: readonly string[];
  readonly virtualSizeBytes: number;
  /** Whether the checks of the build were made, and all held. */
  readonly checks: 'passed' | 'failed' | 'missing';
  readonly files: readonly PublishedFile[];
}

export interface PublishedFile {
  readonly fileName: string;
  readonly format: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Reads a manifest.json; throws what is wrong with it. */
export function readBuiltManifest(text: string, path: string): PublishedBuild {
  const raw = parse(text);
  const guest = record(raw.guest);
  const builtAtMs = Date.parse(string(raw.builtAt));
  const files = list(raw.files).map(record).map(readFile);
  const isManifest = /^[0-9a-f]{16,}$/.test(string(raw.buildId)) && !Number.isNaN(builtAtMs);
  if (!isManifest || string(guest.os) === '' || files.length === 0) {
    throw failure(
      'input',
      'manifest-invalid',
      `manifest-path: ${path} is not a manifest.json of a build: build id, time, guest and files have to be there.`,
      'Give the manifest.json that the build wrote beside the image.',
    );
  }
  const buildId = string(raw.buildId);
  return {
    buildId,
    manifestDigest: createHash('sha256').update(text).digest('hex'),
    builtAtMs,
    sourceTimeMs: findSourceTime(list(raw.sources).map(record), builtAtMs),
    revision: string(record(raw.trove).commit) || buildId,
    os: string(guest.os),
    release: string(guest.release),
    osVersion: string(guest.version),
    architecture: string(guest.architecture),
    // what does not say that it may leave the site stays there
    isDevelopment: guest.isDevelopment !== false,
    holdsSecrets: list(raw.holdsSecrets).map(string),
    virtualSizeBytes: number(record(raw.image).virtualSizeBytes),
    checks: readChecks(list(raw.checks).map(record)),
    files,
  };
}

/** The newest state of the archives that it was built from: a rebuild of what is older ranks lower. */
function findSourceTime(
  sources: readonly Readonly<Record<string, unknown>>[],
  builtAtMs: number,
): number {
  const times = sources.map(({ date }) => Date.parse(string(date))).filter((ms) => ms <= builtAtMs);
  return times.length > 0 ? Math.max(...times) : builtAtMs;
}

const readChecks = (checks: readonly Readonly<Record<string, unknown>>[]) =>
  checks.length === 0
    ? 'missing'
    : checks.every(({ violations }) => list(violations).length === 0)
      ? 'passed'
      : 'failed';

const readFile = (raw: Readonly<Record<string, unknown>>): PublishedFile => ({
  fileName: string(raw.fileName),
  format: string(raw.format),
  sizeBytes: number(raw.sizeBytes),
  sha256: string(raw.sha256).toLowerCase(),
});

/** The file that is published, as it is. */
export interface FileToPublish {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Fills the template of the line in. */
export const nameLine = (template: string, fileName: string, build: PublishedBuild): string =>
  template
    .replaceAll('{name}', fileName.replace(/\.[^.]+$/, ''))
    .replaceAll('{os}', build.os)
    .replaceAll('{release}', build.release)
    .replaceAll('{architecture}', build.architecture);

/** What forbids to publish this file, all of it. */
export function findObjections(
  publication: Publication,
  build: PublishedBuild,
  file: FileToPublish,
): readonly Problem[] {
  const described = build.files.find(({ sha256 }) => sha256 === file.sha256);
  const problems: Problem[] = [];
  if (described === undefined) {
    problems.push({
      code: 'image-not-described',
      message: `image-path: ${file.path} (sha256 ${file.sha256}) is none of the files that its manifest names: ${build.files.map(({ fileName, sha256 }) => `${fileName} ${sha256.slice(0, 12)}…`).join(', ')}.`,
      hint: 'Publish the image as it was built, with the manifest beside it; download the artifact again if it is damaged.',
    });
  }
  const line = nameLine(publication.glanceName, described?.fileName ?? '', build);
  if (described !== undefined && !/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/.test(line)) {
    problems.push({
      code: 'bad-input',
      message: `glance-name: ${JSON.stringify(line)} is no name for an image: letters, digits, . _ + -, at most 128.`,
      hint: 'Write the name out in glance-name: that of the file cannot be used.',
    });
  }
  if (build.isDevelopment && !publication.allowDevelopment) {
    problems.push({
      code: 'development-image',
      message:
        'This is an image for development: it trusts its controller, and takes code from it.',
      hint: 'Build without dev-mode, or name development in allow.',
    });
  }
  if (build.holdsSecrets.length > 0 && !publication.allowSecrets) {
    problems.push({
      code: 'image-holds-secrets',
      message: `The image holds secrets: ${build.holdsSecrets.join(', ')}. Whoever may use it can read them.`,
      hint: 'Build without them, or name secrets in allow.',
    });
  }
  return problems;
}

/** A verdict of the verification of an image. */
export interface ImageVerdict {
  readonly level: Exclude<VerifyLevel, 'off'>;
  readonly imageSha256: string;
  readonly passed: boolean;
}

/** Weighs what is known about this file against the level that is required. */
export function weighVerdict(
  required: VerifyLevel,
  build: PublishedBuild,
  file: Pick<FileToPublish, 'sha256'>,
  verdict: ImageVerdict | null,
): 'passed' | 'failed' | 'missing' {
  const about = verdict?.imageSha256 === file.sha256 ? verdict : null;
  if (build.checks === 'failed' || about?.passed === false) return 'failed';
  const levels = ['off', 'inspect', 'boot', 'agent'];
  const reached = about?.level ?? (build.checks === 'passed' ? 'inspect' : 'off');
  return levels.indexOf(reached) >= levels.indexOf(required) && reached !== 'off'
    ? 'passed'
    : 'missing';
}

type Raw = Readonly<Record<string, unknown>>;
const record = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const string = (value: unknown): string => (typeof value === 'string' ? value : '');
const number = (value: unknown): number => (typeof value === 'number' ? value : 0);

function parse(text: string): Raw {
  try {
    return record(JSON.parse(text));
  } catch {
    return {};
  }
}
