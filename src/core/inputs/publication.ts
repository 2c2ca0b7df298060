import type { Publication } from '../../model/publication.ts';
import { buildPropertyPrefix, type Visibility } from '../../model/publish.ts';
import type { publishInputs } from '../../model/publish-inputs.ts';
import { secretName } from '../../model/secrets.ts';
import type { InputReader } from './reader.ts';
import { isImageName, splitList } from './values.ts';
import { readDeactivated, readVersions } from './versions.ts';

type Name = (typeof publishInputs)[number]['name'];

/** How an image is published, from the inputs about it. */
export function readPublication(reader: InputReader<Name>, cwd: string): Publication {
  const allowed = reader.list('allow', (word) => ['development', 'secrets'].includes(word));
  return {
    login: {
      clouds: reader.list('cloud', isCloudName),
      cloudsYaml: reader.text('clouds-yaml'),
      oidcAudience: readAudience(reader),
    },
    glanceName: readTemplate(reader),
    visibility: reader.choice<Visibility>('visibility'),
    tags: reader.list('tags', isTag),
    properties: readProperties(reader),
    minDiskGib: reader.text('min-disk') === 'auto' ? null : reader.integer('min-disk', 0, 10_000),
    minRamMib: reader.integer('min-ram', 0, 10_000_000),
    keepProtected: reader.choice<'true' | 'false'>('protected') === 'true',
    keep: reader.integer('keep', 2, 100),
    graceMs: readGrace(reader),
    versions: readVersions(reader, cwd),
    deactivate: readDeactivated(reader),
    requireVerify: reader.choice('require-verify'),
    proveByDownload: reader.choice<'off' | 'download'>('prove') === 'download',
    allowDevelopment: allowed.includes('development'),
    allowSecrets: allowed.includes('secrets'),
    stallMs: reader.integer('stall-timeout', 5, 3600) * 1000,
  };
}

const isCloudName = (text: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,127}$/.test(text);
/** What Trove can hold: it keeps tags in one text, separated by commas. */
const isTag = (text: string): boolean => /^[^\s,]{1,255}$/.test(text);

function readAudience(reader: InputReader<Name>): string {
  const audience = reader.text('oidc-audience');
  if (/\s/.test(audience) || audience.length > 1024) reader.refuse('oidc-audience', audience);
  return audience;
}

function readTemplate(reader: InputReader<Name>): string {
  const template = reader.text('glance-name');
  const sample = template.replace(/\{(name|os|release|architecture)\}/g, 'x');
  if (!isImageName(sample)) reader.refuse('glance-name', template);
  return template;
}

function readProperties(reader: InputReader<Name>): Readonly<Record<string, string>> {
  const properties: Record<string, string> = {};
  for (const line of splitList(reader.text('properties'), 'lines')) {
    const head = /^[^=:]*/.exec(line)?.[0] ?? '';
    const [, name = '', value = ''] = /^([^=\s]{1,255})=(.{0,65000})$/.exec(line) ?? [];
    if (secretName.test(head))
      reader.refuse('properties', `${head}…`, ' Everybody who may use the image can read them.');
    else if (name === '') reader.refuse('properties', line);
    else if (name.startsWith(buildPropertyPrefix))
      reader.refuse('properties', line, ` ${buildPropertyPrefix}… are ours.`);
    else if (glanceFields.has(name))
      reader.refuse('properties', line, ` ${name} is a field of Glance itself, and no property.`);
    else properties[name] = value;
  }
  return properties;
}

/** What a property cannot be called: other inputs, or Glance itself, say what is in them. */
const glanceFields = new Set(
  'id name owner status created_at updated_at visibility protected tags os_hidden size virtual_size checksum os_hash_algo os_hash_value disk_format container_format min_disk min_ram locations direct_url self file schema stores'.split(
    ' ',
  ),
);

function readGrace(reader: InputReader<Name>): number {
  const text = reader.text('grace-period');
  const [, number, unit = ''] = /^(\d{1,5})([dh]?)$/.exec(text) ?? [];
  if (number === undefined || (unit === '' && Number(number) !== 0)) {
    reader.refuse('grace-period', text);
    return 0;
  }
  return Number(number) * (unit === 'h' ? 3_600_000 : 86_400_000);
}
