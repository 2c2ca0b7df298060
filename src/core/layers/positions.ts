import type { Script } from './scripts.ts';

/** Code that takes long, whatever it is for. */
const heavy =
  /install-packages|package-installs|apt-get|\bapt\b|dnf|zypper|yum|update-initramfs|locale-gen|\bpip3?\b|python3|docker|containerd/;
/** Installs packages, or makes what follows from all of them. */
const installsPackages =
  /install-packages|package-installs|apt-get install|dnf|zypper|yum|update-initramfs/;

/** Where layers are taken: each number is how many scripts a layer covers. */
export interface PositionFacts {
  readonly scripts: readonly Script[];
  /** Ids of scripts of the user's own elements: the ones that change. */
  readonly ownScripts: ReadonlySet<string>;
  /** Indices of scripts that use a source which comes late. */
  readonly consumers: readonly number[];
}

/**
 * Chooses the checkpoints: after the packages of the install phase, before what changes most (scripts of the user's
 * own elements, users of a source), and at the end of install and of post-install; none where nothing took long
 * since the one before.
 */
export function choosePositions({
  scripts,
  ownScripts,
  consumers,
}: PositionFacts): readonly number[] {
  const wanted = new Set<number>();
  const isVolatile = (index: number): boolean =>
    consumers.includes(index) || ownScripts.has(scripts[index]?.id ?? '');
  for (const phase of ['pre-install', 'install', 'post-install']) {
    const indices = scripts.flatMap((script, index) => (script.phase === phase ? [index] : []));
    const first = indices.find((index) => ownScripts.has(scripts[index]?.id ?? ''));
    if (first !== undefined) wanted.add(first);
    const last = indices.at(-1);
    if (phase !== 'pre-install' && last !== undefined) wanted.add(last + 1);
    const packages = indices.filter(
      (index) => isPackageScript(scripts[index]) && !isVolatile(index),
    );
    if (phase === 'install' && packages.length > 0) wanted.add((packages.at(-1) as number) + 1);
  }
  for (const index of consumers) wanted.add(index);
  const sorted = [...wanted].filter((count) => count > 0).sort((a, b) => a - b);
  let from = 0;
  return sorted.filter((count) => {
    const worth = scripts
      .slice(from, count)
      .some((script, offset) => isVolatile(from + offset) || isHeavy(script));
    if (worth) from = count;
    return worth;
  });
}

const isPackageScript = (script: Script | undefined): boolean =>
  script !== undefined &&
  !/uninstall/.test(script.name) &&
  (/package-installs/.test(script.name) || installsPackages.test(script.text ?? ''));

const isHeavy = (script: Script): boolean =>
  script.text === null || heavy.test(`${script.name}\n${script.text}`);
