import { failure } from '../../errors.ts';
import type { CloudAccess, Tls } from '../../model/publication.ts';

/** What the official client prints as JSON; each is checked here. */
export interface ClientAnswers {
  /** Of `configuration show`. */
  readonly configuration: unknown;
  /** Of `token issue`; null for a cloud without login. */
  readonly token: unknown;
  /** Of `catalog list`; null for a cloud without login. */
  readonly catalog: unknown;
}

type Raw = Readonly<Record<string, unknown>>;

/** How a cloud is reached, from what its client says; throws when it has no Glance for this login. */
export function readAccess(cloud: string, answers: ClientAnswers): CloudAccess {
  const settings = asRecord(answers.configuration);
  const token = asRecord(answers.token);
  const projectId = asText(token.project_id);
  const find = (type: string): string => findEndpoint(type, settings, answers.catalog, projectId);
  const alone = asText(settings['auth.endpoint']) || asText(settings.endpoint);
  const glance = find('image') || (answers.token === null ? alone : '');
  if (glance === '') {
    throw failure(
      'publish',
      'no-glance',
      `cloud: ${cloud} has no image service for this login${describePlace(settings)}.`,
      'Check region_name and interface of the cloud, and that the login has a project.',
    );
  }
  const expiresAtMs = Date.parse(asText(token.expires));
  return {
    cloud,
    projectId,
    token: asText(token.id),
    expiresAtMs: Number.isNaN(expiresAtMs) ? null : expiresAtMs,
    glanceUrl: `${glance.replace(/\/+$/, '').replace(/\/v\d+(\.\d+)?$/, '')}/v2`,
    troveUrl: find('database').replace(/\/+$/, ''),
    novaUrl: find('compute').replace(/\/+$/, ''),
    tls: readTls(settings),
  };
}

/** What the client itself goes by when it talks TLS. */
export function readTls(configuration: unknown): Tls {
  const { verify, insecure, cacert, cert, key } = asRecord(configuration);
  return {
    // the client lets the older word win
    verify: verify !== false && insecure !== true,
    caPath: asText(cacert),
    certPath: asText(cert),
    keyPath: asText(key),
  };
}

/** Whether this cloud is used without a login, as a Glance that stands alone is. */
export const needsNoLogin = (configuration: unknown): boolean =>
  ['none', 'noauth'].includes(asText(asRecord(configuration).auth_type));

/** Values of a configuration that must stand in no log; the client masks some of them only. */
export const listConfiguredSecrets = (
  configuration: unknown,
  secretName: RegExp,
): readonly string[] =>
  Object.entries(asRecord(configuration)).flatMap(([name, value]) =>
    isSecret(name, secretName) && typeof value === 'string' ? [value] : [],
  );

/** The same of a clouds.yaml: values of its lines, and of maps on one line, by their keys. */
export const listYamlSecrets = (text: string, secretName: RegExp): readonly string[] =>
  text.split(/\r?\n/).flatMap((line) => {
    const [, name = '', value = ''] =
      /^\s*-?\s*["']?([\w-]+)["']?\s*:\s*(.*?)\s*$/.exec(line) ?? [];
    if (value.startsWith('{')) {
      return listYamlSecrets(value.replace(/^\{|\}[^}]*$/g, '').replace(/,\s+/g, '\n'), secretName);
    }
    const bare = /^(["'])(.*?)\1(\s+#.*)?$/.exec(value)?.[2] ?? value.replace(/(^|\s+)#.*$/, '');
    return isSecret(name, secretName) && bare !== '' ? [bare] : [];
  });

/** What names or places a credential is no secret. */
const isSecret = (name: string, secretName: RegExp): boolean =>
  secretName.test(name) && !/(_id|_name|_url|_endpoint|_type)$/.test(name);

/** As the client chooses it: what the configuration says, else the catalog's of this region and interface. */
function findEndpoint(type: string, settings: Raw, catalog: unknown, projectId: string): string {
  const own = asText(settings[`${type}_endpoint_override`]) || asText(settings[`${type}_endpoint`]);
  if (own !== '') return own.replaceAll(/[%$]\((project|tenant)_id\)s/g, projectId);
  const region = asText(settings.region_name);
  const wanted = asText(settings.interface) || asText(settings.endpoint_type) || 'public';
  const endpoints = asList(catalog)
    .map(asRecord)
    .filter((service) => asText(service.Type) === type)
    .flatMap((service) => asList(service.Endpoints).map(asRecord))
    .filter((each) => asText(each.interface) === wanted.replace(/URL$/, ''))
    .filter((each) => region === '' || [each.region, each.region_id].includes(region));
  return asText(endpoints[0]?.url);
}

function describePlace(settings: Raw): string {
  const region = asText(settings.region_name);
  const place = region === '' ? '' : ` in region ${region}`;
  return `${place}, interface ${asText(settings.interface) || 'public'}`;
}

const asRecord = (value: unknown): Raw =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Raw) : {};
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const asText = (value: unknown): string => (typeof value === 'string' ? value : '');
