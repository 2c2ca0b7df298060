import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { hygieneRules } from '../../src/core/checks/hygiene.ts';
import { readDiffArguments } from '../../src/core/diff/arguments.ts';
import { suggest } from '../../src/core/inputs/nearest.ts';
import { readPlanRequest } from '../../src/core/inputs/plan-request.ts';
import { readPublishRequest } from '../../src/core/inputs/publish-request.ts';
import { readInputs } from '../../src/core/inputs/read.ts';
import { isSafePath } from '../../src/core/inputs/values.ts';
import { readWords } from '../../src/core/inputs/words.ts';
import { readCacheArguments } from '../../src/core/shelf/arguments.ts';
import { readVerifyArguments } from '../../src/core/verify/arguments.ts';
import { exitCodes } from '../../src/errors.ts';
import { inputTable } from '../../src/model/input-table.ts';
import type { InputSpec } from '../../src/model/inputs.ts';
import { manifestVersion } from '../../src/model/manifest.ts';
import { planInputs } from '../../src/model/plan-inputs.ts';
import { publishActionInputs } from '../../src/model/publish-inputs.ts';
import { version } from '../../src/model/version.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const list = (directory: string, pattern = /./): readonly string[] =>
  readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && pattern.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...list('docs', /\.md$/),
  '__tests__/README.md',
];
const caller = {
  cwd: '/home/user',
  temporaryDir: '/var/tmp',
  cacheDir: '/home/user/.cache/trove-image',
};

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}
interface Example {
  readonly permissions?: unknown;
  readonly jobs?: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
  readonly steps?: readonly Step[];
}

const code = /^```(\w*)\n([\s\S]*?)^```$/gm;
const blocks = (language: string): readonly string[] =>
  documents.flatMap((document) =>
    [...read(document).matchAll(code)]
      .filter((match) => match[1] === language)
      .map((match) => match[2] as string),
  );

/** Headings of a document: `#` signs and text, comments of code left out. */
const findHeadings = (document: string, depth = '#{1,6}'): readonly string[] =>
  [
    ...read(document)
      .replace(code, '')
      .matchAll(new RegExp(`^${depth} (.+)$`, 'gm')),
  ].map((match) => match[1] as string);

/** The anchor that GitHub gives a heading. */
const toAnchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');

/** Codes in the sources: of problems (`code: …`) and of `failure(kind, code, …)`; templates become patterns. */
function findCodes(text: string): { literals: readonly string[]; families: readonly string[] } {
  const expressions = [
    ...[...text.matchAll(/\bcode:([^,;]+),/g)].map((match) => match[1] as string),
    ...[...text.matchAll(/\bfailure\(\s*[^,]+,([^,]+),/g)].map((match) => match[1] as string),
    // codes of the proof of the agent, which comes from a program of its own
    ...[...text.matchAll(/\bCodes: ([a-z, '-]+)/g)].map(([, codes = '']) =>
      codes.replace(/([a-z-]+)/g, "'$1'"),
    ),
    ...[...text.matchAll(/\bdescribeImage\(\s*image,([^,]+),/g)].map((match) => match[1] as string),
  ];
  const all = (pattern: RegExp): readonly string[] => [
    ...new Set(expressions.flatMap((each) => [...each.matchAll(pattern)].map((m) => m[1] ?? ''))),
  ];
  const families = all(/`([^`]+)`/g).map((template) => template.replace(/\$\{[^}]+\}/g, '.+'));
  return { literals: all(/'([a-z][a-z0-9.-]+)'/g), families };
}

describe('docs/troubleshooting.md', () => {
  const sources = [...list('src', /\.ts$/), 'host/agent-proof/__main__.py'];
  const { literals, families } = findCodes(sources.map(read).join('\n'));
  const headings = findHeadings('docs/troubleshooting.md', '###');
  const isFamily = (heading: string): boolean =>
    families.some((family) => new RegExp(`^${family}$`).test(heading));

  it('is compared with all codes of the sources, not with none', () => {
    expect(literals.length).toBeGreaterThan(40);
    const ofEachForm = ['bad-input', 'build-failed', 'artifact-name-taken', 'artifact-failed'];
    expect(literals).toEqual(expect.arrayContaining([...ofEachForm, 'guest-disk-full', 'residue']));
    expect([...families].sort()).toEqual(['check-.+', 'qemu-img-.+']);
  });

  it('has a heading for every code', () => {
    expect(literals.filter((literal) => !headings.includes(literal))).toEqual([]);
    const verbs = [...read('src/stages/convert.ts').matchAll(/\['(check|compare)'/g)];
    const expected = ['convert', ...verbs.map((match) => match[1])].map(
      (verb) => `qemu-img-${verb}`,
    );
    expect(headings).toEqual(expect.arrayContaining([...expected, 'check-RULE']));
  });

  it('has no heading for a code that does not exist, and none twice', () => {
    const known = (heading: string): boolean => literals.includes(heading) || isFamily(heading);
    expect(headings.filter((heading) => !known(heading))).toEqual([]);
    expect(new Set(headings).size).toBe(headings.length);
  });
});

describe('docs/image-checks.md', () => {
  it('has a heading for each rule, in the order of the rules', () => {
    const rules = hygieneRules.map(({ rule }) => rule);
    expect(findHeadings('docs/image-checks.md', '##')).toEqual(rules);
    expect(read('README.md')).toContain(`[${rules.length} rules](docs/image-checks.md)`);
  });
});

describe('a link', () => {
  const links = documents.flatMap((document) =>
    [
      ...read(document)
        .replace(code, '')
        .matchAll(/\]\(([^)\s]+)\)/g),
    ]
      .map((match) => match[1] as string)
      .filter((target) => !/^[a-z]+:/.test(target))
      .map((target) => {
        const [path = '', anchor] = target.split('#');
        return { document, anchor, file: path === '' ? document : join(dirname(document), path) };
      }),
  );

  it('inside the repository leads to a file and a heading that exist', () => {
    expect(links.length).toBeGreaterThan(30);
    const broken = links.filter(({ file, anchor }) => {
      if (statSync(join(root, file), { throwIfNoEntry: false }) === undefined) return true;
      return anchor !== undefined && !findHeadings(file).map(toAnchor).includes(anchor);
    });
    expect(broken).toEqual([]);
  });

  it('leads to every document from another one', () => {
    const reached = links.map(({ file }) => file);
    const lonely = documents.filter((document) => !reached.includes(document));
    expect(lonely.filter((document) => !/^README|^docs\/decisions\//.test(document))).toEqual([]);
  });
});

describe('an example', () => {
  const examples = blocks('yaml').map((text) => parse(text) as Example);
  const steps = examples.flatMap(({ jobs = {}, steps: bare = [] }) => [
    ...Object.values(jobs).flatMap((job) => job.steps),
    ...bare,
  ]);
  const action = parse(read('action.yml')) as Record<'inputs' | 'outputs', object>;
  const others = ['plan', 'publish', 'verify'];

  it('of a step uses inputs of action.yml, with values that are accepted', () => {
    const ours = steps.filter(({ uses }) => uses?.startsWith('OWNER/REPO@'));
    expect(ours.length).toBeGreaterThan(4);
    for (const { with: given = {} } of ours) {
      expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
      const fixed = Object.entries(given).filter(([, value]) => !String(value).includes('$'));
      const raw = Object.fromEntries(fixed.map(([name, value]) => [name, String(value)]));
      // the name of an image stands for inputs of its own
      const { image: _image, ...plain } = raw;
      expect(readInputs(plain, caller).architecture).toBe('amd64');
    }
  });

  it.each(others)('of a step uses inputs of %s/action.yml', (name) => {
    const { inputs } = parse(read(`${name}/action.yml`)) as Record<'inputs', object>;
    const ours = steps.filter(({ uses }) => uses?.startsWith(`OWNER/REPO/${name}@`));
    expect(ours.length).toBeGreaterThan(0);
    for (const { with: given = {} } of ours)
      expect(Object.keys(inputs)).toEqual(expect.arrayContaining(Object.keys(given)));
  });

  it('of a step names every other action by its commit, and reads outputs that exist', () => {
    const foreign = steps.flatMap(({ uses }) => (uses?.startsWith('OWNER/') ? [] : (uses ?? [])));
    expect(foreign.length).toBeGreaterThan(0);
    expect(foreign.filter((uses) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses))).toEqual([]);
    const used = [...read('README.md').matchAll(/\bsteps\.\w+\.outputs\.([\w-]+)/g)];
    expect(used.length).toBeGreaterThan(0);
    const names = used.map((match) => match[1]);
    expect(Object.keys(action.outputs)).toEqual(expect.arrayContaining(names));
  });

  it('of a workflow asks for reading the contents and no more', () => {
    const workflows = examples.filter(({ jobs }) => jobs !== undefined);
    expect(workflows.length).toBeGreaterThan(2);
    for (const { permissions } of workflows) expect(permissions).toEqual({ contents: 'read' });
  });

  const splitCommand = (line: string): readonly string[] =>
    [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, bare]) => quoted ?? bare ?? '');

  const readFlags = (
    words: string[],
    table: readonly InputSpec[],
  ): Readonly<Record<string, string>> => {
    const flags = table.filter((spec) => spec.flag).map(({ name }) => name);
    const raw: Record<string, string> = {};
    while (words.length > 0) {
      const flag = (words.shift() as string).replace(/^--/, '');
      if (flag === 'json') continue;
      raw[flag] = flags.includes(flag) ? 'true' : (words.shift() ?? '');
    }
    return raw;
  };

  it('of a command has flags that exist, with values that are accepted', () => {
    const commands = blocks('sh')
      .flatMap((text) => text.replace(/\\\n/g, ' ').split('\n'))
      .filter((line) => line.startsWith('bin/trove-image '));
    expect(commands.length).toBeGreaterThan(7);
    for (const command of commands) {
      const [, name, ...words] = splitCommand(command) as [string, string, ...string[]];
      if (name === 'diff') {
        expect(readDiffArguments(words, { ...caller, isSafePath, readWords }).oldPath).toMatch(
          /^\//,
        );
        continue;
      }
      if (name === 'cache') {
        const read = () => readCacheArguments(words, { ...caller, isSafePath, readWords, suggest });
        expect(read().cachePath).toMatch(/^\//);
        continue;
      }
      if (name === 'verify') {
        const request = readVerifyArguments(words, { ...caller, isSafePath, readWords });
        expect(request.imagePath).toMatch(/^\//);
        continue;
      }
      if (name === 'publish' || name === 'status') {
        const raw = readFlags(words, publishActionInputs);
        expect(readPublishRequest(raw, '/', name).publication.keep).toBe(3);
        continue;
      }
      if (name === 'plan') {
        const raw = readFlags(words, planInputs);
        expect(readPlanRequest(raw, '/', inputTable)).toMatchObject({
          foresees: expect.any(Boolean),
        });
        continue;
      }
      expect(['build', 'clean', 'datastores', 'images', 'trovestack']).toContain(name);
      if (name === 'trovestack') continue;
      expect(readInputs(readFlags(words, inputTable), caller).architecture).toBe('amd64');
    }
  });
});

describe('docs/manifest.schema.json', () => {
  const schema = JSON.parse(read('docs/manifest.schema.json'));
  const validate = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(schema);
  const load = () => JSON.parse(read('__tests__/fixtures/manifest.json'));

  it('accepts the manifest of a real build and has its version', () => {
    expect(validate(load()) || validate.errors).toBe(true);
    expect(schema.properties.manifestVersion.const).toBe(manifestVersion);
  });

  it('describes every field, and docs/manifest.md names every field of the top', () => {
    for (const [name, field] of Object.entries<{ description?: string }>(schema.properties)) {
      expect([name, field.description ?? '']).toEqual([name, expect.stringMatching(/\.$/)]);
      if (name !== 'manifestVersion') expect(read('docs/manifest.md')).toMatch(`\`${name}\``);
    }
  });

  it.each<[string, (manifest: ReturnType<typeof load>) => void]>([
    ['a field is missing', (m) => delete m.buildId],
    ['a field is unknown', (m) => Object.assign(m, { extra: 1 })],
    ['a field of a field is unknown', (m) => Object.assign(m.files[0], { path: '/tmp/x' })],
    ['the version is another one', (m) => Object.assign(m, { manifestVersion: 2 })],
    ['a digest is short', (m) => Object.assign(m.files[0], { sha256: 'abc' })],
    ['a size is text', (m) => Object.assign(m.files[0], { sizeBytes: '1' })],
    ['the date has no zone', (m) => Object.assign(m, { builtAt: '2026-11-22T22:11:17.384' })],
    ['a phase has no end', (m) => Object.assign(m.phases[0], { endMs: null })],
    ['the layers are missing', (m) => delete m.layers],
    ['a layer was neither found nor made', (m) => Object.assign(m.layers[0], { result: 'saved' })],
    ['a key of a layer is short', (m) => Object.assign(m.layers[0], { key: 'abc' })],
    ['a layer does not say why it was made', (m) => delete m.layers[1].reason],
    ['a check has no list of violations', (m) => delete m.checks[0].violations],
    ['there is no file', (m) => Object.assign(m, { files: [] })],
  ])('refuses a manifest in which %s', (_, damage) => {
    const manifest = load();
    damage(manifest);
    expect(validate(manifest)).toBe(false);
  });
});

describe('the product', () => {
  it('has an exit code for every kind of error, listed in the README', () => {
    const rows = [...read('README.md').matchAll(/^\| (\d+) +\| (\w+) +\|/gm)];
    expect(Object.fromEntries(rows.map((row) => [row[2], Number(row[1])]))).toEqual(exitCodes);
  });

  it('has the version of package.json, and a section in the changelog', () => {
    expect(version).toBe(JSON.parse(read('package.json')).version);
    expect(findHeadings('CHANGELOG.md')).toContain(version);
  });

  /** Where OpenStack and Ubuntu publish what Trove's own elements fetch. */
  const ofTrove =
    /^https:\/\/(opendev\.org\/openstack\/|releases\.openstack\.org\/constraints\/|cloud-images\.ubuntu\.com\/)/;

  it('names no address of the network but those of Trove: inputs, the machine or diskimage-builder do', () => {
    const files = ['src', 'elements', 'host'].flatMap((directory) => list(directory));
    expect(files.length).toBeGreaterThan(100);
    const named = files.flatMap((file) =>
      [...read(file).matchAll(/\bhttps?:\/\/[A-Za-z0-9[]\S*/g)]
        .filter(([url]) => !ofTrove.test(url))
        .map(([url]) => `${file}: ${url}`),
    );
    expect(named).toEqual([]);
  });
});
