import type { Compared, PackageChange, PackageVersion } from '../../model/diff.ts';

/** Packages that came, went or changed, sorted by name; a package is a name of an architecture. */
export function comparePackages(
  old: readonly PackageVersion[],
  now: readonly PackageVersion[],
): Compared<PackageVersion, PackageChange> {
  const before = index(old);
  const after = index(now);
  const changed = [...after].flatMap(([key, { name, architecture, version }]) => {
    const was = before.get(key)?.version;
    if (was === undefined || was === version) return [];
    return [{ name, architecture, old: was, new: version, direction: judge(was, version) }];
  });
  return {
    added: sort([...after].filter(([key]) => !before.has(key)).map(([, each]) => each)),
    removed: sort([...before].filter(([key]) => !after.has(key)).map(([, each]) => each)),
    changed: sort(changed),
  };
}

const index = (packages: readonly PackageVersion[]): Map<string, PackageVersion> =>
  new Map(
    packages.map(({ name, architecture, version }) => [
      `${name} ${architecture}`,
      { name, architecture, version },
    ]),
  );

const sort = <T extends { readonly name: string; readonly architecture: string }>(
  rows: readonly T[],
): readonly T[] =>
  rows.toSorted((a, b) => (`${a.name} ${a.architecture}` < `${b.name} ${b.architecture}` ? -1 : 1));

function judge(old: string, now: string): PackageChange['direction'] {
  const order = compareVersions(old, now);
  if (order === 0) return 'same';
  return order < 0 ? 'newer' : 'older';
}

/** Orders two Debian versions as dpkg does: negative when the first is the older one. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [split(a), split(b)];
  return (
    left.epoch - right.epoch ||
    compareParts(left.upstream, right.upstream) ||
    compareParts(left.revision, right.revision)
  );
}

function split(version: string): { epoch: number; upstream: string; revision: string } {
  const [, epoch = '0', rest = ''] = /^(?:(\d+):)?(.*)$/s.exec(version) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch),
    upstream: dash === -1 ? rest : rest.slice(0, dash),
    revision: dash === -1 ? '' : rest.slice(dash + 1),
  };
}

/** Texts and numbers in turn; in texts `~` is before the end, and letters before other characters. */
function compareParts(a: string, b: string): number {
  const [left, right] = [a.match(/\D*\d*/g) ?? [], b.match(/\D*\d*/g) ?? []];
  for (let at = 0; at < Math.max(left.length, right.length); at += 1) {
    const [x, y] = [left[at] ?? '', right[at] ?? ''];
    const order =
      compareTexts(x.replace(/\d+$/, ''), y.replace(/\d+$/, '')) || number(x) - number(y);
    if (order !== 0) return order;
  }
  return 0;
}

const number = (part: string): number => Number(/\d+$/.exec(part)?.[0] ?? '0');

function compareTexts(a: string, b: string): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const order = weigh(a[at]) - weigh(b[at]);
    if (order !== 0) return order;
  }
  return 0;
}

function weigh(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[A-Za-z]/.test(character) ? code : code + 256;
}
