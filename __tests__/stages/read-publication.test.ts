import { describe, expect, it } from '@jest/globals';
import { readVerdictText } from '../../src/core/publish/verdict.ts';
import { readToPublish } from '../../src/stages/read-publication.ts';
import { builtFile, manifestText } from '../unit/support/built.ts';
import { publicationOf, type RawPublication } from '../unit/support/publication.ts';
import { fakeFiles, fakeLog } from './fakes.ts';

const paths = {
  imagePath: builtFile.path,
  manifestPath: '/out/manifest.json',
  verdictPath: '/out/verify.json',
};
const rules = (...records: readonly object[]) =>
  JSON.stringify({ 'configuration-parameters': records });
const integer = { name: 'n', type: 'integer', min: 1, max: 9 };
const withRules: RawPublication = {
  'datastore-versions':
    'mysql 8.4 parameters=/r/a.json\nmysql 8.0 parameters=/r/a.json\nredis 7\nmariadb 11 parameters=/r/b.json',
};

/** Reads a publication of files in memory. */
async function read(
  raw: RawPublication = {},
  content: Readonly<Record<string, string>> = {},
  digests: Readonly<Record<string, string>> = { sha256: builtFile.sha256, sha512: 's' },
) {
  const log = fakeLog();
  const files = fakeFiles({ [paths.manifestPath]: manifestText(), ...content });
  const asked: string[] = [];
  const digestFile = async (path: string, algorithms: readonly string[]) => {
    asked.push(`${path} ${algorithms.join()}`);
    if (path === '/out/gone') throw new Error('ENOENT /out/gone');
    return { sizeBytes: builtFile.sizeBytes, digests };
  };
  const imagePath = raw['image-path'] ?? paths.imagePath;
  const ports = { files, log, digestFile };
  const reading = readToPublish(
    ports,
    publicationOf(raw),
    { ...paths, imagePath },
    readVerdictText,
  );
  const outcome = await reading.then(
    (value) => ({ value, kind: null, problems: [] }),
    (error) => ({ value: null, kind: error.kind, problems: error.problems ?? [error] }),
  );
  return {
    ...outcome,
    log,
    asked,
    codes: outcome.problems.map(({ code }: { code: string }) => code),
  };
}

describe('what is published', () => {
  it('is the file that the manifest describes, read once', async () => {
    const { value, asked } = await read();
    expect(value).toMatchObject({
      wish: { line: 'trove-guest-debian-bookworm', sizeBytes: builtFile.sizeBytes },
      file: { path: builtFile.path, sizeBytes: builtFile.sizeBytes },
      digests: { sha256: builtFile.sha256, sha512: 's' },
      paths: [],
    });
    expect(asked).toEqual([`${builtFile.path} sha256`]);
  });

  it('has the rules of every version that names a file, which is read once', async () => {
    const files = { '/r/a.json': rules(integer), '/r/b.json': rules() };
    const { value } = await read(withRules, files);
    expect(value?.wish.versions.map(({ parameters }) => parameters.length)).toEqual([1, 1, 0, 0]);
    expect(value?.paths).toEqual(['/r/a.json', '/r/a.json', '', '/r/b.json']);
  });

  it('says which rules are left out, and where to load them', async () => {
    const odd = [
      { ...integer, name: 'x', type: 'boolean' },
      { ...integer, name: 'y', type: 'float' },
    ];
    const { value, log } = await read(withRules, {
      ...{ '/r/a.json': rules(integer, ...odd), '/r/b.json': rules() },
    });
    expect(value?.wish.versions[0]?.parameters).toHaveLength(1);
    expect(log.problems).toMatchObject([
      {
        code: 'parameters-left-out',
        message: expect.stringMatching(/^2 rules of \/r\/a\.json .*: x, y\.$/),
        hint: expect.stringContaining('trove-manage db_load_datastore_config_parameters'),
      },
    ]);
  });

  it.each<[string, RawPublication, string | null, object]>([
    ['none, where none is asked for', {}, null, { required: false, verdict: 'passed' }],
    [
      'missing, where the file is not there',
      { 'require-verify': 'boot' },
      null,
      { required: true, verdict: 'missing' },
    ],
    ['passed', { 'require-verify': 'boot' }, verdict(true), { required: true, verdict: 'passed' }],
    [
      'failed, whether it is asked for or not',
      {},
      verdict(false),
      { required: false, verdict: 'failed' },
    ],
  ])('has a verdict that is %s', async (_, raw, text, verify) => {
    const { value } = await read(raw, text === null ? {} : { [paths.verdictPath]: text });
    expect(value?.wish.verify).toEqual(verify);
  });
});

describe('what is not published', () => {
  it('is a file that its manifest does not name', async () => {
    const { kind, codes } = await read({}, {}, { sha256: 'f'.repeat(64) });
    expect([kind, codes]).toEqual(['publish', ['image-not-described']]);
  });

  it('is told with all that forbids it, rules that cannot be read included', async () => {
    const manifest = manifestText((m) => {
      m.guest.isDevelopment = true;
      m.holdsSecrets = ['root-password'];
    });
    const content = { [paths.manifestPath]: manifest, '/r/a.json': '{' };
    const { codes, problems } = await read(withRules, content, { sha256: 'f'.repeat(64) });
    expect(codes).toEqual([
      ...['image-not-described', 'development-image', 'image-holds-secrets'],
      ...['parameters-invalid', 'parameters-invalid'],
    ]);
    expect(problems.at(-1).message).toMatch(/^datastore-versions: \/r\/b\.json cannot be read/);
  });

  it.each<[string, RawPublication, Readonly<Record<string, string>>, string, string]>([
    ['no manifest', {}, { [paths.manifestPath]: '{}' }, 'input', 'manifest-invalid'],
    ['no image', { 'image-path': '/out/gone' }, {}, 'input', 'image-not-described'],
    [
      'a verdict that nobody can read',
      {},
      { [paths.verdictPath]: '{' },
      'input',
      'verdict-invalid',
    ],
  ])('is one with %s', async (_, raw, content, kind, code) => {
    const outcome = await read(raw, content);
    expect([outcome.kind, outcome.codes]).toEqual([kind, [code]]);
  });

  it('is one whose manifest is not there: the message says where it was looked for', async () => {
    const ports = {
      ...{ files: fakeFiles(), log: fakeLog() },
      digestFile: async () => ({ sizeBytes: 0, digests: {} }),
    };
    await expect(
      readToPublish(ports, publicationOf(), paths, readVerdictText),
    ).rejects.toMatchObject({
      problems: [
        {
          code: 'manifest-invalid',
          message: expect.stringMatching(/^manifest-path: \/out\/manifest\.json cannot be read: /),
        },
      ],
    });
  });
});

/** A verify.json about the image. */
function verdict(passed: boolean): string {
  return JSON.stringify({ level: 'agent', imageSha256: builtFile.sha256, passed });
}
