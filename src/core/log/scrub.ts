import type { Secrets } from '../../model/inputs.ts';
import { secretName } from '../../model/secrets.ts';

/** Makes a function that replaces every secret in a line with ***: as it is, base64 and URL-encoded. */
export function createScrubber(secrets: readonly string[]): (line: string) => string {
  const forms = secrets
    // a log is scrubbed line by line: a key of several lines is hidden line by line too
    .flatMap((secret) => [secret, ...secret.split(/\r?\n/)])
    .filter((secret) => secret.length >= 6)
    .flatMap((secret) => [secret, encodeURIComponent(secret), ...base64Forms(secret)]);
  const needles = [...new Set(forms)].sort((a, b) => b.length - a.length);
  return (line) =>
    needles.reduce((text, needle) => text.replaceAll(needle, '***'), hideUrlPasswords(line));
}

/** Base64 depends on what stands before: of the three alignments, the part that does not. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].map((shift) => {
    const text = Buffer.concat([Buffer.alloc(shift), Buffer.from(secret)]).toString('base64');
    const whole = text.replace(/=+$/, '');
    const start = shift === 0 ? 0 : shift === 1 ? 2 : 3;
    return whole.slice(start, text.endsWith('=') ? whole.length - 1 : whole.length);
  });
}

const hideUrlPasswords = (line: string): string =>
  line.replace(/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/:@]*:[^\s/]+@/gi, '$1***:***@');

/** The values of this process's environment that look like secrets by their name. */
export function findSecrets(
  environment: Readonly<Record<string, string | undefined>>,
): readonly string[] {
  return Object.entries(environment).flatMap(([name, value]) =>
    value && secretName.test(name) ? [value] : [],
  );
}

/** The secrets that the inputs themselves hold. */
export const listSecrets = ({ rootPassword, registryLogins }: Secrets): readonly string[] =>
  [rootPassword, ...registryLogins.map(({ password }) => password)].filter((text) => text !== '');
