import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import type { SavedBlob } from './bench.ts';

const blockBytes = 512;

/** A member as its fields are written; what is not given is as GNU tar writes it. */
export interface Member {
  readonly name: string | Buffer;
  readonly kind?: string;
  readonly link?: string;
  readonly data?: string | Buffer;
  /** Written instead of the true size. */
  readonly size?: string | Buffer;
  readonly device?: readonly [number, number];
  readonly mode?: string | Buffer;
  readonly uid?: string | Buffer;
  readonly magic?: string;
  readonly userName?: string;
  readonly prefix?: string;
  readonly tail?: Buffer;
  /** Added to the true checksum. */
  readonly checksumOff?: number;
  /** Records of an extended header before it: [key, value]. */
  readonly pax?: readonly (readonly [string, string | Buffer])[];
  /** The extended header as raw bytes, or of another kind. */
  readonly rawPax?: Buffer;
  readonly paxKind?: string;
}

const octal = (value: number, width: number): string => value.toString(8).padStart(width, '0');

function makeHeader(member: Member, sizeBytes: number): Buffer {
  const block = Buffer.alloc(blockBytes);
  const put = (value: string | Buffer, at: number): void => {
    Buffer.from(value).copy(block, at);
  };
  put(member.name, 0);
  put(member.mode ?? '0000644\0', 100);
  put(member.uid ?? '0000000\0', 108);
  put('0000000\0', 116);
  put(member.size ?? `${octal(sizeBytes, 11)}\0`, 124);
  put('00000000000\0', 136);
  put(' '.repeat(8), 148);
  put(member.kind ?? '0', 156);
  put(member.link ?? '', 157);
  put(member.magic ?? 'ustar\x0000', 257);
  put(member.userName ?? '', 265);
  put(`${octal(member.device?.[0] ?? 0, 7)}\0`, 329);
  put(`${octal(member.device?.[1] ?? 0, 7)}\0`, 337);
  put(member.prefix ?? '', 345);
  put(member.tail ?? '', 500);
  const sum = block.reduce((total, byte) => total + byte, 0) + (member.checksumOff ?? 0);
  put(`${octal(sum, 6)}\0 `, 148);
  return block;
}

/** Records of an extended header, each with its own length in front. */
export function makePaxRecords(records: Member['pax'] = []): Buffer {
  return Buffer.concat(
    records.map(([key, value]) => {
      const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
      let length = rest.length + 1;
      while (String(length).length + rest.length !== length) length += 1;
      return Buffer.concat([Buffer.from(String(length)), rest]);
    }),
  );
}

const pad = (data: Buffer): Buffer =>
  Buffer.concat([data, Buffer.alloc((blockBytes - (data.length % blockBytes)) % blockBytes)]);

function makeMember(member: Member): Buffer {
  const data = Buffer.from(member.data ?? '');
  const pax = member.rawPax ?? makePaxRecords(member.pax);
  const before =
    pax.length === 0
      ? []
      : [makeHeader({ name: 'x', kind: member.paxKind ?? 'x' }, pax.length), pad(pax)];
  return Buffer.concat([...before, makeHeader(member, data.length), pad(data)]);
}

/** The first member of every layer. */
export const headMember = (head: unknown = {}): Member => ({
  name: '.trove-image-layer',
  data: JSON.stringify({
    ...{ deleted: [], root: [0o755, 0, 0], builderFiles: [] },
    ...(head as object),
  }),
});

/** A whole archive, with its end. */
export const makeArchive = (members: readonly Member[]): Buffer =>
  Buffer.concat([...members.map(makeMember), Buffer.alloc(2 * blockBytes)]);

/** Compresses as `save` does. */
export function compress(data: Buffer): Buffer {
  const { status, stdout } = spawnSync('zstd', ['-q', '-3', '-c'], {
    input: data,
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error('zstd failed');
  return stdout;
}

/** Writes a blob, and says of it what an honest manifest would. */
export function writeBlob(path: string, bytes: Buffer, treeBytes = 1 << 20): SavedBlob {
  writeFileSync(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { path, sha256, sizeBytes: bytes.length, treeBytes };
}

/** A layer with a head and these members. */
export const writeLayer = (
  path: string,
  members: readonly Member[],
  options: { head?: unknown; treeBytes?: number } = {},
): SavedBlob =>
  writeBlob(
    path,
    compress(makeArchive([headMember(options.head), ...members])),
    options.treeBytes ?? 1 << 20,
  );

/** A file with holes as GNU tar 1.0 of that format writes it: the map comes before the data. */
export function sparseMember(
  name: string,
  map: readonly number[],
  options: Partial<Member> & {
    real?: string;
    major?: string;
    minor?: string;
    extra?: Member['pax'];
    stored?: string;
  } = {},
): Member {
  const { real = '4096', major = '1', minor = '0', extra = [], stored = '', ...member } = options;
  const lines = Buffer.from([map.length / 2, ...map, ''].join('\n'));
  return {
    name: `./GNUSparseFile.1/${name.split('/').at(-1)?.slice(0, 60)}`,
    data: Buffer.concat([pad(lines), Buffer.from(stored)]),
    pax: [
      ['GNU.sparse.major', major],
      ['GNU.sparse.minor', minor],
      ['GNU.sparse.name', name],
      ['GNU.sparse.realsize', real],
      ...extra,
    ],
    ...member,
  };
}
