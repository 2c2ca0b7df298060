import { failure } from '../../errors.ts';

/** What the placeholders of a file name stand for; null: not known. */
export interface NameFacts {
  readonly os: string;
  readonly release: string;
  readonly architecture: string;
  readonly trove: string | null;
  readonly branch: string;
  readonly datastore: string | null;
  readonly isDevelopment: boolean;
}

/** Fills a template in: `{os}`, and `[-dev]` for what only development images have in their names. */
export function fillImageName(template: string, facts: NameFacts): string {
  const values: Readonly<Record<string, unknown>> = { ...facts };
  const name = template
    .replace(/\[([^[\]]*)\]/g, facts.isDevelopment ? '$1' : '')
    .replace(/\{([a-z]+)\}/g, (whole, key: string) => String(values[key] ?? whole))
    .replaceAll('/', '-');
  if (/^[A-Za-z0-9][A-Za-z0-9._+-]{0,127}$/.test(name)) return name;
  throw failure(
    'input',
    'bad-input',
    `image-name: ${JSON.stringify(template)} becomes ${JSON.stringify(name)}, which is no file name.`,
    'Use another template; {branch} is the branch, tag or commit of Trove.',
  );
}
