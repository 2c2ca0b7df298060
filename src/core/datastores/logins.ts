import { failure } from '../../errors.ts';
import type { RegistryLogin } from '../../model/inputs.ts';

type Entries = Record<string, unknown>;

/**
 * The text of a login file for skopeo: what the file `path` holds (its text, or null without one), and the logins over
 * it. Throws when the text is no login file, without repeating it.
 */
export function mergeLogins(
  path: string,
  text: string | null,
  logins: readonly RegistryLogin[],
): string {
  const { auths, credHelpers } = text === null ? { auths: {}, credHelpers: {} } : read(path, text);
  for (const { registry, user, password } of logins) {
    const name = normalize(registry);
    for (const entries of [auths, credHelpers])
      for (const key of Object.keys(entries)) if (normalize(key) === name) delete entries[key];
    auths[name] = { auth: Buffer.from(`${user}:${password}`).toString('base64') };
  }
  return JSON.stringify({ auths, credHelpers });
}

function read(path: string, text: string): { auths: Entries; credHelpers: Entries } {
  try {
    const value: unknown = JSON.parse(text);
    const { auths = {}, credHelpers = {} } = isObject(value) ? value : { auths: null };
    if (isObject(auths) && isObject(credHelpers))
      return { auths: { ...auths }, credHelpers: { ...credHelpers } };
  } catch {
    // what the parser says shows a part of the text
  }
  throw failure(
    'input',
    'bad-auth-file',
    `registry-auth-file: ${path} is not a file as docker login writes it.`,
    'Give the path of a config.json with "auths" in it, or use registry-login.',
  );
}

const isObject = (value: unknown): value is Entries =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** docker writes the address of an interface where others write the host. */
function normalize(key: string): string {
  const host = /^https?:\/\//.test(key)
    ? key.replace(/^https?:\/\//, '').replace(/\/.*$/s, '')
    : key;
  return ['index.docker.io', 'registry-1.docker.io'].includes(host) ? 'docker.io' : host;
}
