/** One image as a registry describes it. */
export interface ImageManifest {
  readonly kind: 'image';
  readonly configDigest: string;
  /** Configuration and layers. */
  readonly sizeBytes: number;
}

/** Several images under one name; platforms are `os/architecture`. */
export interface ManifestList {
  readonly kind: 'list';
  readonly entries: readonly { readonly platform: string; readonly digest: string }[];
}

/** Neither, or not readable: why. */
export interface UnknownManifest {
  readonly kind: 'unknown';
  readonly reason: string;
}

type Json = Readonly<Record<string, unknown>>;

/** Takes a manifest or a list apart, in docker's form and in OCI's; what a registry gives is not to be trusted. */
export function readManifest(text: string): ImageManifest | ManifestList | UnknownManifest {
  const value = parseObject(text);
  if (value === null) return unknown('it is no JSON');
  if (value.schemaVersion !== 2) return unknown('it is of a form before docker 1.10');
  if (Array.isArray(value.manifests)) return readList(value.manifests);
  const parts = [value.config, ...(Array.isArray(value.layers) ? value.layers : [null])];
  if (!parts.every(isDescriptor)) return unknown('it is no image');
  const [config] = parts;
  const sizeBytes = parts.reduce((sum, { size }) => sum + size, 0);
  if (
    config === undefined ||
    !/container\.image\.v1|image\.config\.v1/.test(config.mediaType ?? '')
  )
    return unknown('it is something else than an image to run');
  return { kind: 'image', configDigest: config.digest, sizeBytes };
}

/** `os/architecture` of a configuration; null where it names none. */
export function readPlatform(text: string): string | null {
  const value = parseObject(text);
  return typeof value?.os === 'string' && typeof value.architecture === 'string'
    ? `${value.os}/${value.architecture}`
    : null;
}

function readList(manifests: readonly unknown[]): ManifestList {
  const entries = manifests.filter(isDescriptor).map(({ digest, platform }) => ({
    digest,
    platform: `${platform?.os ?? 'unknown'}/${platform?.architecture ?? 'unknown'}`,
  }));
  return { kind: 'list', entries };
}

interface Descriptor {
  readonly digest: string;
  readonly size: number;
  readonly mediaType?: string;
  readonly platform?: Json;
}

const isDescriptor = (value: unknown): value is Descriptor => {
  const { digest, size } = (value ?? {}) as Json;
  return (
    typeof digest === 'string' &&
    /^sha256:[0-9a-f]{64}$/.test(digest) &&
    Number.isSafeInteger(size) &&
    (size as number) >= 0
  );
};

const unknown = (reason: string): UnknownManifest => ({ kind: 'unknown', reason });

function parseObject(text: string): Json | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Json) : null;
  } catch {
    return null;
  }
}
