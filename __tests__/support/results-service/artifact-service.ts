import { TwirpError } from './answer.ts';
import type { BlobStore } from './blob-store.ts';
import type { Claims } from './runtime-token.ts';
import type { SignOptions } from './signed-url.ts';

/** One artifact as the service knows it; `hash` is what the client declared, not what was stored. */
export interface Artifact {
  id: number;
  runId: string;
  jobId: string;
  name: string;
  mimeType: string;
  blobKey: string;
  createdAt: string;
  expiresAt?: string;
  finalized: boolean;
  size: number;
  hash?: string;
}

/** What both services need from the one that holds them. */
export interface ServiceParts {
  blobs: BlobStore;
  signUrl(blobKey: string, options: SignOptions): string;
  nextId(): number;
}

export type Method = (request: TwirpRequest, claims: Claims) => Promise<unknown> | unknown;

/** A Twirp request as the clients write it: snake_case, 64-bit numbers as text, defaults left out. */
export type TwirpRequest = Record<string, string | string[] | undefined>;

const ZIP = 'application/zip';

/** The five methods of `github.actions.results.api.v1.ArtifactService`, over a list of artifacts. */
export function createArtifactMethods(
  artifacts: Artifact[],
  parts: ServiceParts,
): Record<string, Method> {
  const find = (request: TwirpRequest): Artifact | undefined =>
    artifacts.find(
      (artifact) =>
        artifact.runId === request.workflow_run_backend_id && artifact.name === request.name,
    );
  const findOrRefuse = (request: TwirpRequest, finalized: boolean): Artifact => {
    const artifact = find(request);
    if (artifact?.finalized !== finalized) throw new TwirpError('not_found', 'artifact not found');
    return artifact;
  };
  return guardRun({
    CreateArtifact(request) {
      if (find(request)) {
        throw new TwirpError(
          'already_exists',
          'an artifact with this name already exists on the workflow run',
        );
      }
      const artifact = describeNew(request, parts.nextId());
      artifacts.push(artifact);
      const url = parts.signUrl(artifact.blobKey, { permission: 'write' });
      return { ok: true, signed_upload_url: url };
    },
    FinalizeArtifact(request) {
      const artifact = findOrRefuse(request, false);
      artifact.size = requireSize(parts.blobs, artifact.blobKey, request.size);
      if (request.hash) artifact.hash = String(request.hash);
      artifact.finalized = true;
      return { ok: true, artifact_id: String(artifact.id) };
    },
    ListArtifacts(request) {
      const listed = artifacts.filter((artifact) => matches(artifact, request));
      return { artifacts: listed.map(toListed) };
    },
    GetSignedArtifactURL(request) {
      const artifact = findOrRefuse(request, true);
      return { name: artifact.name, signed_url: signDownload(artifact, parts) };
    },
    async DeleteArtifact(request) {
      const artifact = find(request);
      if (!artifact) throw new TwirpError('not_found', 'artifact not found');
      artifacts.splice(artifacts.indexOf(artifact), 1);
      await parts.blobs.remove(artifact.blobKey);
      return { ok: true, artifact_id: String(artifact.id) };
    },
  });
}

/** Refuses a finalize call whose declared size is not what arrived; gives the stored size. */
export function requireSize(blobs: BlobStore, blobKey: string, declared: unknown): number {
  const stored = blobs.find(blobKey)?.sizeBytes;
  if (stored === undefined || stored !== Number(declared ?? 0)) {
    const message = `size mismatch: stored ${stored ?? 'nothing'}, declared ${declared ?? 0}`;
    throw new TwirpError('failed_precondition', message);
  }
  return stored;
}

/** A token opens the artifacts of its own run only. */
function guardRun(methods: Record<string, Method>): Record<string, Method> {
  const guarded = Object.entries(methods).map(([name, method]): [string, Method] => [
    name,
    (request, claims) => {
      if (request.workflow_run_backend_id === claims.runId) return method(request, claims);
      throw new TwirpError('permission_denied', 'the token belongs to another workflow run');
    },
  ]);
  return Object.fromEntries(guarded);
}

function describeNew(request: TwirpRequest, id: number): Artifact {
  const mimeType = String(request.mime_type ?? ZIP);
  const runId = String(request.workflow_run_backend_id);
  return {
    id,
    runId,
    jobId: String(request.workflow_job_run_backend_id),
    name: String(request.name),
    mimeType,
    // The download client unpacks whatever has an address that ends in .zip.
    blobKey: `artifact/${runId}/${id}${mimeType === ZIP ? '.zip' : ''}`,
    createdAt: new Date().toISOString(),
    ...(request.expires_at ? { expiresAt: String(request.expires_at) } : {}),
    finalized: false,
    size: 0,
  };
}

function matches(artifact: Artifact, request: TwirpRequest): boolean {
  const { name_filter: name, id_filter: id } = request;
  return (
    artifact.finalized &&
    artifact.runId === request.workflow_run_backend_id &&
    (name === undefined || artifact.name === name) &&
    (id === undefined || String(artifact.id) === id)
  );
}

function toListed(artifact: Artifact): Record<string, string> {
  return {
    workflow_run_backend_id: artifact.runId,
    workflow_job_run_backend_id: artifact.jobId,
    database_id: String(artifact.id),
    name: artifact.name,
    size: String(artifact.size),
    created_at: artifact.createdAt,
    ...(artifact.hash ? { digest: artifact.hash } : {}),
  };
}

function signDownload(artifact: Artifact, parts: ServiceParts): string {
  const fileName = artifact.mimeType === ZIP ? `${artifact.name}.zip` : artifact.name;
  const plainName = fileName.replace(/[^\x20-\x7e]|["\\]/g, '_');
  const disposition = `attachment; filename="${plainName}"; filename*=UTF-8''${encodeURIComponent(fileName)}`;
  return parts.signUrl(artifact.blobKey, {
    permission: 'read',
    contentType: artifact.mimeType,
    disposition,
  });
}
