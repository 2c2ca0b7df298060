import type { FileContent, FileEntry, ImageFacts } from '../../model/image.ts';

/** Image facts in the form that the rules ask questions of. */
export interface Evidence {
  readonly entry: (path: string) => FileEntry | undefined;
  readonly entriesUnder: (directory: string) => readonly FileEntry[];
  readonly entriesMatching: (pattern: RegExp) => readonly FileEntry[];
  readonly text: (path: string) => string | null;
  readonly textsMatching: (
    pattern: RegExp,
  ) => readonly { readonly path: string; readonly text: string }[];
  readonly enabledUnits: ReadonlySet<string>;
}

/** Files whose content the rules read; `*` stands for one path component. */
export const contentPaths = [
  '/etc/apt/apt.conf',
  '/etc/apt/apt.conf.d/*',
  '/etc/apt/sources.list',
  '/etc/apt/sources.list.d/*',
  '/etc/machine-id',
  '/etc/resolv.conf',
  '/etc/shadow',
  '/etc/cloud/cloud.cfg.d/*',
  '/etc/fstab',
  '/var/lib/dpkg/status',
  '/etc/systemd/system/trove-guestagent.service.d/*',
  '/etc/systemd/system/guest-agent.service',
] as const;

/** Indexes the facts by path. */
export function indexFacts(facts: ImageFacts): Evidence {
  const byPath = new Map(facts.files.map((entry) => [entry[0], entry]));
  const text = (path: string): string | null => readText(facts.contents[path]);
  return {
    text,
    entry: (path) => byPath.get(path),
    entriesUnder: (directory) => facts.files.filter(([path]) => path.startsWith(`${directory}/`)),
    entriesMatching: (pattern) => facts.files.filter(([path]) => pattern.test(path)),
    textsMatching: (pattern) =>
      Object.keys(facts.contents)
        .filter((path) => pattern.test(path))
        .flatMap((path) => {
          const found = text(path);
          return found === null ? [] : [{ path, text: found }];
        }),
    enabledUnits: new Set(facts.enabledUnits.map(([unit]) => unit)),
  };
}

function readText(content: FileContent | undefined): string | null {
  if (content === undefined) return null;
  if ('text' in content) return content.text;
  return 'base64' in content ? Buffer.from(content.base64, 'base64').toString('latin1') : null;
}
