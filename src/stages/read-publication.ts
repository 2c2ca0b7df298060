import {
  findObjections,
  type ImageVerdict,
  type PublishedBuild,
  readBuiltManifest,
  weighVerdict,
} from '../core/publish/image.ts';
import { readParameterFile } from '../core/publish/parameters.ts';
import { composeWish } from '../core/publish/wish.ts';
import { failure, type Problem, TroveImageError } from '../errors.ts';
import type { Publication, PublishFiles } from '../model/publication.ts';
import type { PublishWish } from '../model/publish-wish.ts';
import type { DigestFile } from '../ports/api.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface ReadPublicationPorts {
  readonly files: Files;
  readonly log: Log;
  readonly digestFile: DigestFile;
}

/** What is published, and what is known of its file. */
export interface ToPublish {
  readonly wish: PublishWish;
  readonly build: PublishedBuild;
  readonly file: { readonly path: string; readonly sizeBytes: number };
  /** Of the rules of each datastore version, in the order of the wish; empty: none. */
  readonly paths: readonly string[];
  /** Its sha256; others are known when it was sent. */
  readonly digests: Readonly<Record<string, string>>;
}

/** Reads the files of a publication and makes the wish; throws everything that forbids it. */
export async function readToPublish(
  ports: ReadPublicationPorts,
  publication: Publication,
  paths: PublishFiles,
  readVerdict: (text: string) => ImageVerdict,
): Promise<ToPublish> {
  const [manifestText, parameters] = await Promise.all([
    readNamed(ports.files, paths.manifestPath, 'manifest-path', 'manifest-invalid'),
    readParameters(ports, publication),
  ]);
  const build = readBuiltManifest(manifestText, paths.manifestPath);
  ports.log.info(`Reading ${paths.imagePath}`);
  const { sizeBytes, digests } = await ports
    .digestFile(paths.imagePath, ['sha256'])
    .catch((error: Error) => {
      throw unreadable('image-path', 'image-not-described', paths.imagePath, error);
    });
  const file = { path: paths.imagePath, sizeBytes, sha256: digests.sha256 ?? '' };
  const objections = findObjections(publication, build, file);
  const problems = [...objections, ...parameters.problems];
  const kind = objections.length > 0 ? 'publish' : 'input';
  if (problems.length > 0) throw new TroveImageError(kind, problems);
  const verdictText = await ports.files.read(paths.verdictPath).catch(() => null);
  const read = verdictText === null ? null : readVerdict(verdictText);
  const verdict = weighVerdict(publication.requireVerify, build, file, read);
  const facts = { verdict, parameters: parameters.byPath };
  return {
    wish: composeWish(publication, build, file, facts),
    paths: publication.versions.map(({ parametersPath }) => parametersPath),
    ...{ build, file, digests },
  };
}

async function readParameters(ports: ReadPublicationPorts, { versions }: Publication) {
  const paths = [...new Set(versions.map(({ parametersPath }) => parametersPath))].filter(Boolean);
  const read = await Promise.all(
    paths.map(async (path) => {
      try {
        return { path, ...readParameterFile(await ports.files.read(path), path) };
      } catch (error) {
        const { problems } = unreadable(
          'datastore-versions',
          'parameters-invalid',
          path,
          error as Error,
        );
        return { path, parameters: [], leftOut: [], problems };
      }
    }),
  );
  for (const { path, leftOut } of read.filter((each) => each.leftOut.length > 0)) {
    ports.log.warning({
      code: 'parameters-left-out',
      message: `${leftOut.length} rules of ${path} are neither integers nor strings, and Trove's API takes nothing else: ${leftOut.join(', ')}.`,
      hint: 'Load them on the controller: trove-manage db_load_datastore_config_parameters DATASTORE VERSION FILE.',
    });
  }
  return {
    problems: read.flatMap(({ problems }): readonly Problem[] => problems),
    byPath: Object.fromEntries(read.map(({ path, parameters }) => [path, parameters])),
  };
}

async function readNamed(files: Files, path: string, input: string, code: string): Promise<string> {
  try {
    return await files.read(path);
  } catch (error) {
    throw unreadable(input, code, path, error as Error);
  }
}

const unreadable = (input: string, code: string, path: string, error: Error): TroveImageError =>
  failure(
    'input',
    code,
    `${input}: ${path} cannot be read: ${error.message}`,
    'Give the path of a file that is there; the build writes manifest.json beside the image.',
  );
