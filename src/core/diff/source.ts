import { failure, type TroveImageError } from '../../errors.ts';
import type { ImageDriver, PackageVersion } from '../../model/diff.ts';

/** What the first bytes of a file, and its name, say it is. Never asks the file's own word on other files. */
export function identifySource(path: string, head: Uint8Array): 'manifest' | ImageDriver {
  // the guest writes the first bytes of its raw disk, and could pose as anything
  if (/\.(raw|img)$/i.test(path)) return 'raw';
  if (/\.json$/i.test(path)) return 'manifest';
  const begins = (text: string, at = 0): boolean =>
    Buffer.from(head.subarray(at, at + text.length)).toString('latin1') === text;
  if (begins('QFI\xfb')) return judgeQcow2(path, head);
  if (begins('KDMV')) return judgeVmdk(path, head);
  if (begins('conectix')) return judgeVhd(path, head);
  if (begins('# Disk DescriptorFile')) throw namesOthers(path, 'the files that hold its data');
  if (begins('COWD')) throw unknownForm(path, 'an old form of vmdk');
  if (begins('vhdxfile')) throw unknownForm(path, 'vhdx');
  if (begins('\x7f\x10\xda\xbe', 64)) throw unknownForm(path, 'vdi');
  return /^\s*\{/.test(Buffer.from(head).toString('latin1')) ? 'manifest' : 'raw';
}

function judgeQcow2(path: string, head: Uint8Array): ImageDriver {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 104) throw damaged(path, 'its header is cut off');
  const version = view.getUint32(4);
  if (version !== 2 && version !== 3) throw unknownForm(path, `qcow version ${version}`);
  if (view.getBigUint64(8) !== 0n) throw namesOthers(path, 'a backing file');
  const externalData = 4n;
  if (version === 3 && (view.getBigUint64(72) & externalData) !== 0n)
    throw namesOthers(path, 'an external data file');
  return 'qcow2';
}

function judgeVmdk(path: string, head: Uint8Array): ImageDriver {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 512) throw damaged(path, 'its header is cut off');
  // QEMU then takes the description in the file, which may name any file as an extent
  if (view.getBigUint64(12, true) === 0n) throw namesOthers(path, 'the files that hold its data');
  return 'vmdk';
}

function judgeVhd(path: string, head: Uint8Array): ImageDriver {
  const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
  if (head.byteLength < 512) throw damaged(path, 'its header is cut off');
  const differencing = 4;
  if (view.getUint32(60) === differencing) throw namesOthers(path, 'a parent file');
  return 'vpc';
}

/** Refuses what `qemu-img info --output=json` tells of other files that the image would be read from. */
export function judgeImageInfo(path: string, text: string): void {
  const info = JSON.parse(text) as {
    readonly 'backing-filename'?: string;
    readonly 'full-backing-filename'?: string;
    readonly 'format-specific'?: {
      readonly data?: {
        readonly 'data-file'?: string;
        readonly extents?: readonly { readonly filename: string }[];
      };
    };
  };
  if (info['backing-filename'] !== undefined || info['full-backing-filename'] !== undefined)
    throw namesOthers(path, 'a backing file');
  const data = info['format-specific']?.data;
  if (data?.['data-file'] !== undefined) throw namesOthers(path, 'an external data file');
  if ((data?.extents ?? []).some(({ filename }) => filename !== path))
    throw namesOthers(path, 'the files that hold its data');
}

/** The packages in the text of a manifest.json. */
export function parseManifestPackages(path: string, text: string): readonly PackageVersion[] {
  const packages = parseObject(text)?.packages;
  if (!Array.isArray(packages) || !packages.every(isPackage)) {
    throw failure(
      'input',
      'manifest-invalid',
      `${path} is not a manifest.json of a build: it has no list of packages with name, version and architecture.`,
      'Give the manifest.json beside an image, or the image itself.',
    );
  }
  return packages.map(({ name, version, architecture }) => ({ name, architecture, version }));
}

function parseObject(text: string): { readonly packages?: unknown } | null {
  try {
    return JSON.parse(text) as { readonly packages?: unknown } | null;
  } catch {
    return null;
  }
}

const isPackage = (value: unknown): value is PackageVersion =>
  typeof value === 'object' &&
  value !== null &&
  ['name', 'version', 'architecture'].every(
    (field) => typeof (value as Record<string, unknown>)[field] === 'string',
  );

const namesOthers = (path: string, what: string): TroveImageError =>
  failure(
    'input',
    'image-names-other-files',
    `${path} names ${what}, which is not opened: an image from elsewhere could name any file of this machine.`,
    'Make one file of it where you trust it: qemu-img convert -O qcow2.',
  );

const unknownForm = (path: string, form: string): TroveImageError =>
  failure(
    'input',
    'image-form-unknown',
    `${path} is ${form}; qcow2, raw, vmdk (one file) and vhd can be compared.`,
    'Convert it: qemu-img convert -O qcow2.',
  );

const damaged = (path: string, why: string): TroveImageError =>
  failure(
    'input',
    'image-damaged',
    `${path} cannot be read as an image: ${why}.`,
    'Compare its SHA-256 with the one of its origin, and fetch or build it again.',
  );
