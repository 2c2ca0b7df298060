/** The name of a container image, taken apart by docker's rules. */
export interface Reference {
  /** `host` or `host:port`. */
  readonly registry: string;
  readonly repository: string;
  readonly tag: string | null;
  /** `sha256:…` */
  readonly digest: string | null;
}

const hub = 'docker.io';
const label = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?';
const registryPattern = new RegExp(
  `^(?:${label}(?:\\.${label})*|\\[[0-9A-Fa-f:]{2,45}\\])(?::[0-9]{1,5})?$`,
);
const repositoryPattern =
  /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*)*$/;
const tagPattern = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const digestPattern = /^sha256:[0-9a-f]{64}$/;

/** Takes a reference apart; null for what docker would refuse. What is left out stays out: `tag` is null without one. */
export function parseReference(text: string): Reference | null {
  if (text.length > 512) return null;
  const [, name = '', digest = null] = /^([^@]*)(?:@(.*))?$/s.exec(text) ?? [];
  const [, path = '', tag = null] = /^(.*?)(?::([^/:]*))?$/s.exec(name) ?? [];
  const [registry, repository] = splitRegistry(path);
  const isValid =
    registryPattern.test(registry) &&
    repositoryPattern.test(repository) &&
    registry.length + repository.length < 255 &&
    // docker takes it for the id of an image
    !/^(library\/)?[0-9a-f]{64}$/.test(repository) &&
    (tag === null || tagPattern.test(tag)) &&
    (digest === null || digestPattern.test(digest));
  return isValid ? { registry, repository, tag, digest } : null;
}

function splitRegistry(path: string): readonly [string, string] {
  const slash = path.indexOf('/');
  const first = path.slice(0, Math.max(0, slash));
  const isRegistry = /[.:A-Z]/.test(first) || first === 'localhost';
  const registry = isRegistry ? first : hub;
  const rest = isRegistry ? path.slice(slash + 1) : path;
  if (registry !== hub && registry !== 'index.docker.io') return [registry, rest];
  return [hub, rest.includes('/') ? rest : `library/${rest}`];
}

/** The whole name, as containerd and registries have it: `docker.io/library/mysql:8.4`. */
export const spellFully = ({ registry, repository, tag, digest }: Reference): string =>
  `${registry}/${repository}${tag === null ? '' : `:${tag}`}${digest === null ? '' : `@${digest}`}`;

/** The name as docker prints it: `mysql:8.4`. */
export const spellFamiliarly = (reference: Reference): string =>
  spellFully(reference).replace(/^docker\.io\/(library\/(?=[^/]*$))?/, '');

/** What skopeo is given: a digest where there is one, since it takes no tag beside it. */
export const spellAddress = (reference: Reference): string =>
  `docker://${spellFully(reference.digest === null ? { ...reference, tag: reference.tag ?? 'latest' } : { ...reference, tag: null })}`;
