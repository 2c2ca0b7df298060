/** One archive that a machine installs packages from. */
export interface AptSource {
  readonly url: string;
  readonly suites: readonly string[];
}

/** Reads apt source lists, deb822 (`.sources`) and one-line (`.list`) alike; file name → text. */
export function parseAptSources(files: Readonly<Record<string, string>>): readonly AptSource[] {
  return Object.entries(files).flatMap(([name, text]) =>
    name.endsWith('.sources') ? parseStanzas(text) : parseLines(text),
  );
}

function parseStanzas(text: string): readonly AptSource[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    let current = '';
    for (const line of stanza.split('\n')) {
      if (line.startsWith('#')) continue;
      const field = /^([A-Za-z-]+):\s*(.*)$/.exec(line);
      if (field) current = (field[1] as string).toLowerCase();
      const value = field ? field[2] : line.trim();
      if (current !== '') fields.set(current, `${fields.get(current) ?? ''} ${value ?? ''}`.trim());
    }
    if (/^(no|false|0)$/i.test(fields.get('enabled') ?? 'yes')) return [];
    if (!words(fields.get('types')).includes('deb')) return [];
    const suites = words(fields.get('suites'));
    return words(fields.get('uris')).map((url) => ({ url: trimUrl(url), suites }));
  });
}

function parseLines(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)/.exec(line);
    return match ? [{ url: trimUrl(match[1] as string), suites: [match[2] as string] }] : [];
  });
}

/** The archive and the security archive of a distribution among a machine's sources, or null for what is missing. */
export function findHostArchives(
  sources: readonly AptSource[],
  codename: string,
): { archive: string | null; security: string | null } {
  const usable = sources.filter((source) => /^https?:\/\//.test(source.url));
  const archive = usable.find((source) => source.suites.includes(codename));
  const security = usable.find((source) =>
    source.suites.some(
      (suite) => suite === `${codename}-security` || suite === `${codename}/updates`,
    ),
  );
  return { archive: archive?.url ?? null, security: security?.url ?? null };
}

const words = (text = ''): readonly string[] => text.split(/\s+/).filter((word) => word !== '');
const trimUrl = (url: string): string => url.replace(/\/+$/, '');
