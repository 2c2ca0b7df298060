import { compareHooks } from '../../model/elements.ts';
import type { HookFile } from '../../model/layers.ts';

/** Phases whose hooks run in the chroot, between the bootstrap and the copy into the image. */
export const chrootPhases = ['pre-install', 'install', 'post-install'] as const;

/** A hook that a build runs; `id` is its path in the hooks directory, `install.d/10-x`. */
export interface Script {
  readonly id: string;
  readonly phase: string;
  readonly name: string;
  readonly mode: string;
  readonly sha256: string;
  readonly text: string | null;
}

/** Scripts of these phases in the order in which dib-run-parts runs them: executable files with a plain name. */
export function listPhaseScripts(
  files: readonly HookFile[],
  phases: readonly string[],
): readonly Script[] {
  return phases.flatMap((phase) =>
    files
      .flatMap(({ path, mode, sha256, text }) => {
        const [folder, name, ...deeper] = path.split('/');
        const runs = folder === `${phase}.d` && name !== undefined && deeper.length === 0;
        if (!runs || !/^[0-9A-Za-z_.-]+$/.test(name)) return [];
        if ((Number.parseInt(mode, 8) & 0o111) === 0 || isOwn(name)) return [];
        return [{ id: path, phase, name, mode, sha256, text }];
      })
      .sort((a, b) => compareHooks(a.name, b.name)),
  );
}

/** Our own stops are no part of what a layer depends on. */
const isOwn = (name: string): boolean => name.includes('trove-image-layer');

/** Files that any script may read: not the hooks of a phase, and not what elements say of themselves. */
export function listSharedFiles(files: readonly HookFile[]): readonly HookFile[] {
  return files.filter(({ path }) => {
    const [folder = '', ...deeper] = path.split('/');
    if (deeper.length === 0) return !isMetadata.test(folder);
    return !hookFolder.test(folder);
  });
}

/** What lies beside the scripts of a phase and is not run itself; scripts read it, and are often links to it. */
export function listPhaseFiles(files: readonly HookFile[], phase: string): readonly HookFile[] {
  const scripts = listPhaseScripts(files, [phase]);
  const run = new Set(scripts.map(({ id }) => id));
  // install-types links scripts from a directory of their own: there they are no other file
  const linked = new Set(scripts.map(({ name, sha256 }) => `${name} ${sha256}`));
  return files.filter(({ path, sha256 }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    const isFile = path.startsWith(`${phase}.d/`) && !run.has(path) && !isOwn(path);
    return isFile && !linked.has(`${name} ${sha256}`);
  });
}

/** Every element has these: which copy is left depends on the order of a Python set, and no script reads it. */
const isMetadata =
  /^(README.*|.*\.rst|.*\.md|LICENSE|element-deps|element-provides|package-installs\.(yaml|json)|pkg-map|svc-map|source-repository-.*|block-device-.*\.yaml|dib-run-parts|.*\.pyc)$/;
const hookFolder =
  /^((root|extra-data|pre-install|install|post-install|post-root|block-device|pre-finalise|finalise|cleanup)\.d|test-elements|trove-image-layers)$/;
