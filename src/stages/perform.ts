import { createHash } from 'node:crypto';
import { chooseDelay, readPause, readRefusal } from '../core/openstack/answers.ts';
import {
  describeCreation,
  imageFileUrl,
  imageUrl,
  patchType,
  toJsonPatch,
} from '../core/openstack/images.ts';
import {
  describeNewVersion,
  describeParameter,
  describeVersionChanges,
  parameterPath,
  parametersPath,
  versionPath,
  versionsPath,
} from '../core/openstack/versions.ts';
import { markImage } from '../core/publish/changes.ts';
import type { CloudAccess } from '../model/publication.ts';
import type { ImageChanges, Operation, PublishRun, Refusal } from '../model/publish-run.ts';
import type { Api, ApiAnswer, ApiRequest, DigestFile } from '../ports/api.ts';
import type { Sleep } from '../ports/machine.ts';

export interface PerformPorts {
  readonly access: CloudAccess;
  readonly glance: Api;
  readonly trove: Pick<Api, 'call'>;
  readonly digestFile: DigestFile;
  readonly sleep: Sleep;
  /** A new id for an image. */
  newId(): string;
  /** Bytes of the file that have moved so far. */
  onBytes(verb: 'sent' | 'read', bytes: number): void;
  /** Ends all other changes of the image: Glance writes the whole record when an upload ends. */
  beforeUploadEnds(): Promise<void>;
}

export interface FileToSend {
  readonly path: string;
  readonly sizeBytes: number;
}

/** What an operation has told beside that it was done. */
export interface Performance {
  readonly refusal: Refusal | null;
  /** More about its file, and images that were proved. */
  readonly learned: Partial<Pick<PublishRun, 'digests' | 'proved'>>;
}

/** Does one operation. A service that wants a pause has had it when this ends. */
export async function perform(
  ports: PerformPorts,
  operation: Operation,
  file: FileToSend | null,
  run: PublishRun,
): Promise<Performance> {
  switch (operation.kind) {
    case 'wait':
      await ports.sleep(operation.forMs);
      return done;
    case 'digest':
      return computeDigest(ports, operation.algorithm, file, run);
    case 'prove':
      return prove(ports, operation.imageId, run);
    case 'upload':
      return upload(ports, operation, file, run);
    case 'set-parameters':
      return setParameters(ports, operation, run);
    case 'create':
    case 'promote':
    case 'withdraw':
    case 'retire':
    case 'delete':
      return conclude(
        ports,
        run,
        operation,
        await ports.glance.call(describeImageCall(ports, operation)),
      );
    case 'create-version':
    case 'update-version':
      return conclude(
        ports,
        run,
        operation,
        await ports.trove.call(describeVersionCall(ports, operation)),
      );
  }
}

/** The sign of life. */
export const patchImage = (
  { access, glance }: Pick<PerformPorts, 'access' | 'glance'>,
  imageId: string,
  changes: ImageChanges,
): Promise<ApiAnswer> => glance.call(describePatch(access, imageId, changes));

const done: Performance = { refusal: null, learned: {} };
const refuse = (text: string): Performance => ({ ...done, refusal: { reason: 'invalid', text } });

function describeImageCall(
  { access, newId }: PerformPorts,
  operation: Operation & { kind: 'create' | 'promote' | 'withdraw' | 'retire' | 'delete' },
): ApiRequest {
  switch (operation.kind) {
    case 'create': {
      const id = newId();
      const { properties } = operation.image;
      const image = { ...operation.image, properties: { ...properties, ...markImage(id) } };
      const url = `${access.glanceUrl}/images`;
      return { method: 'POST', url, body: describeCreation(image, id) };
    }
    case 'delete':
      return { method: 'DELETE', url: imageUrl(access, operation.imageId) };
    case 'promote':
    case 'withdraw':
    case 'retire':
      return describePatch(access, operation.imageId, operation.changes);
  }
}

const describePatch = (access: CloudAccess, id: string, changes: ImageChanges): ApiRequest => ({
  method: 'PATCH',
  url: imageUrl(access, id),
  headers: { 'Content-Type': patchType },
  body: toJsonPatch(changes),
});

function describeVersionCall(
  { access: { troveUrl } }: PerformPorts,
  operation: Operation & { kind: 'create-version' | 'update-version' },
): ApiRequest {
  return operation.kind === 'create-version'
    ? {
        method: 'POST',
        url: `${troveUrl}${versionsPath}`,
        body: describeNewVersion(operation.version, operation.imageId),
      }
    : {
        method: 'PATCH',
        url: `${troveUrl}${versionPath(operation.versionId)}`,
        body: describeVersionChanges(operation.changes),
      };
}

async function setParameters(
  ports: PerformPorts,
  operation: Operation & { kind: 'set-parameters' },
  run: PublishRun,
): Promise<Performance> {
  const { troveUrl } = ports.access;
  const { versionId, create, update } = operation;
  const calls: readonly ApiRequest[] = [
    ...create.map((each) => ({
      method: 'POST' as const,
      url: `${troveUrl}${parametersPath(versionId)}`,
      body: describeParameter(each),
    })),
    ...update.map((each) => ({
      method: 'PUT' as const,
      url: `${troveUrl}${parameterPath(versionId, each.name)}`,
      body: describeParameter(each),
    })),
  ];
  for (const call of calls) {
    const answer = await ports.trove.call(call);
    if (readRefusal(answer) !== null) return conclude(ports, run, operation, answer);
  }
  return done;
}

/** Digests the bytes on their way: what Glance has must be what was sent, and that the file that was looked at. */
async function upload(
  ports: PerformPorts,
  operation: Operation & { kind: 'upload' },
  file: FileToSend | null,
  run: PublishRun,
): Promise<Performance> {
  if (file === null) throw new Error('there is no file to upload');
  const hashes = ['sha256', 'sha512'].map((name) => ({ name, hash: createHash(name) }));
  let sentBytes = 0;
  const request = { method: 'PUT', url: imageFileUrl(ports.access, operation.imageId) } as const;
  const answer = await ports.glance.sendFile(request, file, {
    onSent(bytes, chunk) {
      // a token that was renewed begins again
      if (bytes === chunk.length) for (const each of hashes) each.hash = createHash(each.name);
      for (const { hash } of hashes) hash.update(chunk);
      sentBytes = bytes;
      ports.onBytes('sent', bytes);
    },
    beforeEnd: ports.beforeUploadEnds,
  });
  const performed = await conclude(ports, run, operation, answer);
  if (performed.refusal !== null || sentBytes !== file.sizeBytes) return performed;
  const sent = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]));
  if (sent.sha256 === run.digests.sha256)
    return { refusal: null, learned: { digests: { ...run.digests, ...sent } } };
  return refuse(`the file was changed while it was sent: its sha256 is ${sent.sha256} now`);
}

async function computeDigest(
  { digestFile }: PerformPorts,
  algorithm: string,
  file: FileToSend | null,
  run: PublishRun,
): Promise<Performance> {
  const { digests } =
    file === null ? { digests: {} } : await digestFile(file.path, [algorithm, 'sha256']);
  const { [algorithm]: digest, sha256 }: Readonly<Record<string, string>> = digests;
  if (sha256 !== run.digests.sha256) {
    return refuse(`the file was changed while it was published: its sha256 is ${sha256} now`);
  }
  if (digest !== undefined) {
    return { refusal: null, learned: { digests: { ...run.digests, [algorithm]: digest } } };
  }
  return refuse(`${algorithm} is not known here`);
}

/** Reads the image back: what the store gives must be what it took. */
async function prove(ports: PerformPorts, imageId: string, run: PublishRun): Promise<Performance> {
  const request = { method: 'GET' as const, url: imageFileUrl(ports.access, imageId) };
  const { answer, digest } = await ports.glance.readDigest(request, 'sha512', (bytes) =>
    ports.onBytes('read', bytes),
  );
  const refusal = readRefusal(answer);
  if (refusal !== null) return { refusal, learned: {} };
  if (digest === run.digests.sha512) {
    return { refusal: null, learned: { proved: [...run.proved, imageId] } };
  }
  return refuse(`Glance gives back other bytes than it took: sha512 ${digest}`);
}

/** Reads an answer; after one that may pass, waits as long as it makes sense. */
async function conclude(
  { sleep }: PerformPorts,
  { history }: PublishRun,
  { kind }: Operation,
  answer: ApiAnswer,
): Promise<Performance> {
  const refusal = readRefusal(answer);
  if (refusal?.reason === 'unavailable') {
    const tries = history.filter(({ operation }) => operation.kind === kind).length;
    const asked = answer.kind === 'answer' ? readPause(answer.headers) : null;
    await sleep(chooseDelay(tries, asked));
  }
  return { refusal, learned: {} };
}
