import { readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { hygieneRules } from '../../src/core/checks/hygiene.ts';
import { readInputs } from '../../src/core/inputs/read.ts';
import { exitCodes } from '../../src/errors.ts';
import { version } from '../../src/model/version.ts';
import {
  findCodeBlocks,
  findErrorCodes,
  findHeadings,
  findLinks,
  listFiles,
  readFlags,
  slugify,
} from '../support/documents.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...listFiles(join(root, 'docs'), /\.md$/).map((path) => relative(root, path)),
  '__tests__/README.md',
];
const sources = listFiles(join(root, 'src'), /\.ts$/).map((path) => readFileSync(path, 'utf8'));
const caller = { cwd: '/home/user', temporaryDir: '/var/tmp' };

describe('docs/troubleshooting.md', () => {
  const codes = findErrorCodes(sources);
  const headings = findHeadings(read('docs/troubleshooting.md'))
    .filter(({ depth }) => depth === 3)
    .map(({ text }) => text);
  const patterns = codes.families.map((family) => new RegExp(`^${family}$`));

  it('is compared with all codes of the sources, not with none', () => {
    expect(codes.literals.length).toBeGreaterThan(40);
    expect(codes.literals).toEqual(
      expect.arrayContaining([
        'bad-input',
        'build-failed',
        'artifact-failed',
        'artifact-name-taken',
        'guest-disk-full',
        'unexpected',
      ]),
    );
    expect(codes.families.sort()).toEqual(['check-.+', 'qemu-img-.+']);
  });

  it('has a heading for every code', () => {
    expect(codes.literals.filter((code) => !headings.includes(code))).toEqual([]);
    const empty = patterns.filter((pattern) => !headings.some((heading) => pattern.test(heading)));
    expect(empty).toEqual([]);
  });

  it('has no heading for a code that does not exist, and none twice', () => {
    const known = (heading: string): boolean =>
      codes.literals.includes(heading) || patterns.some((pattern) => pattern.test(heading));
    expect(headings.filter((heading) => !known(heading))).toEqual([]);
    expect(headings.filter((heading, index) => headings.indexOf(heading) !== index)).toEqual([]);
  });
});

describe('docs/image-checks.md', () => {
  it('has one heading for each rule, in the order of the rules', () => {
    const headings = findHeadings(read('docs/image-checks.md')).filter(({ depth }) => depth === 2);
    expect(headings.map(({ text }) => text)).toEqual(hygieneRules.map(({ rule }) => rule));
    expect(read('README.md')).toContain(`[${hygieneRules.length} rules](docs/image-checks.md)`);
  });
});

describe('a link', () => {
  const links = documents.flatMap((document) =>
    findLinks(read(document)).map((target) => ({ document, target })),
  );

  it('inside the repository leads to a file and a heading that exist', () => {
    expect(links.length).toBeGreaterThan(30);
    const broken = links.filter(({ document, target }) => {
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? document : join(dirname(document), path);
      if (statSync(join(root, file), { throwIfNoEntry: false }) === undefined) return true;
      if (anchor === undefined) return false;
      return !findHeadings(read(file)).some(({ text }) => slugify(text) === anchor);
    });
    expect(broken).toEqual([]);
  });

  it('leads to every document from the README or another document', () => {
    const reached = new Set(
      links.map(({ document, target }) => {
        const path = target.split('#')[0] ?? '';
        return path === '' ? document : join(dirname(document), path);
      }),
    );
    const roots = ['README.md', 'docs/decisions'];
    const lonely = documents.filter(
      (document) => !reached.has(document) && !roots.some((start) => document.startsWith(start)),
    );
    expect(lonely).toEqual([]);
  });
});

describe('an example', () => {
  const blocks = documents.flatMap((document) => findCodeBlocks(read(document)));
  const yaml = blocks.filter(({ language }) => language === 'yaml').map(({ text }) => parse(text));
  const steps = yaml.flatMap((value) => collectSteps(value));
  const ours = steps.filter(({ uses }) => uses?.startsWith('OWNER/REPO@'));

  it('of a step uses inputs of action.yml, with values that are accepted', () => {
    const known = Object.keys(parse(read('action.yml')).inputs);
    expect(ours.length).toBeGreaterThan(4);
    for (const { with: given = {} } of ours) {
      expect(known).toEqual(expect.arrayContaining(Object.keys(given)));
      const raw = Object.entries(given).filter(([, value]) => !String(value).includes('${{'));
      const texts = raw.map(([name, value]) => [name, toInput(value)]);
      expect(() => readInputs(Object.fromEntries(texts), caller)).not.toThrow();
    }
  });

  it('of a step names every other action by its commit', () => {
    const foreign = steps.flatMap(({ uses }) => (uses && !/^OWNER\//.test(uses) ? [uses] : []));
    expect(foreign.length).toBeGreaterThan(0);
    expect(foreign.filter((uses) => !/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/.test(uses))).toEqual([]);
  });

  it('of a workflow asks for reading the contents and no more', () => {
    const workflows = yaml.filter((value) => value.jobs !== undefined);
    expect(workflows.length).toBeGreaterThan(2);
    for (const workflow of workflows) expect(workflow.permissions).toEqual({ contents: 'read' });
  });

  it('of a step reads outputs that exist', () => {
    const outputs = Object.keys(parse(read('action.yml')).outputs);
    const used = [...read('README.md').matchAll(/steps\.\w+\.outputs\.([\w-]+)/g)].map(([, name]) => name);
    expect(used.length).toBeGreaterThan(0);
    expect(outputs).toEqual(expect.arrayContaining(used));
  });

  it('of a command has flags that exist, with values that are accepted', () => {
    const commands = blocks
      .filter(({ language }) => language === 'sh')
      .flatMap(({ text }) => text.replace(/\\\n/g, ' ').split('\n'))
      .filter((line) => line.startsWith('bin/trove-image '));
    expect(commands.length).toBeGreaterThan(7);
    for (const command of commands) {
      expect(command).toMatch(/^bin\/trove-image (build|clean) /);
      expect(() => readInputs(readFlags(command), caller)).not.toThrow();
    }
  });

  function toInput(value: unknown): string {
    // the runner gives the text of a YAML boolean as it stands; `off` is text in YAML 1.2
    return String(value);
  }
});

describe('README.md', () => {
  it('lists every kind of error with its exit code', () => {
    const rows = [...read('README.md').matchAll(/^\| (\d+) +\| (\w+) +\|/gm)];
    const listed = Object.fromEntries(rows.map(([, code, kind]) => [kind, Number(code)]));
    expect(listed).toEqual(exitCodes);
  });
});

describe('the version', () => {
  it('in src/model/version.ts is that of package.json and has a section in the changelog', () => {
    expect(version).toBe(JSON.parse(read('package.json')).version);
    expect(findHeadings(read('CHANGELOG.md')).map(({ text }) => text)).toContain(version);
  });
});

describe('the product', () => {
  it('names no address of the network: archives come from inputs, the machine or diskimage-builder', () => {
    const files = ['src', 'elements', 'host'].flatMap((name) => listFiles(join(root, name), /./));
    expect(files.length).toBeGreaterThan(100);
    const named = files.flatMap((path) =>
      [...readFileSync(path, 'utf8').matchAll(/\bhttps?:\/\/[A-Za-z0-9[]\S*/g)].map(
        ([url]) => `${relative(root, path)}: ${url}`,
      ),
    );
    expect(named).toEqual([]);
  });
});

interface Step {
  readonly uses?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

/** Steps of a workflow, of a job, or of a bare list. */
function collectSteps(value: {
  jobs?: Record<string, { steps?: Step[] }>;
  steps?: Step[];
}): readonly Step[] {
  const jobs = Object.values(value.jobs ?? {}).flatMap((job) => job.steps ?? []);
  return [...jobs, ...(value.steps ?? [])];
}
