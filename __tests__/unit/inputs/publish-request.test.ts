import { describe, expect, it } from '@jest/globals';
import { readPublishRequest } from '../../../src/core/inputs/publish-request.ts';
import { problemsOf } from '../support/inputs.ts';

type Raw = Readonly<Record<string, string>>;
const cwd = '/srv/checkout';
const mistakesOf = (raw: Raw, command?: 'status') =>
  problemsOf(() => readPublishRequest(raw, cwd, command)).map(({ message }) => message);

describe('the request to publish', () => {
  it('has the manifest and the verdict beside the image', () => {
    const request = readPublishRequest({ 'image-path': 'images/a.qcow2' }, cwd);
    expect(request).toMatchObject({
      ...{ kind: 'publish', dryRun: false },
      files: {
        imagePath: '/srv/checkout/images/a.qcow2',
        manifestPath: '/srv/checkout/images/manifest.json',
        verdictPath: '/srv/checkout/images/verify.json',
      },
    });
  });

  it('has others where they are named, and may be a dry run', () => {
    const raw = {
      ...{ 'image-path': '/a b/x.raw', 'manifest-path': 'm.json', 'verdict-path': '../v.json' },
      'dry-run': 'true',
    };
    expect(readPublishRequest(raw, cwd)).toMatchObject({
      ...{ dryRun: true },
      files: {
        ...{ imagePath: '/a b/x.raw', manifestPath: '/srv/checkout/m.json' },
        verdictPath: '/srv/v.json',
      },
    });
  });

  it('is refused without an image', () => {
    expect(mistakesOf({})).toEqual([expect.stringMatching(/^image-path: got ""/)]);
  });

  it.each(['image-path', 'manifest-path', 'verdict-path'])(
    'is refused with a %s that would move a cursor, once',
    (name) => {
      for (const path of ['a\nb', 'a\u001b[2J', '/a\u0000b', 'a\u0085b']) {
        const messages = mistakesOf({ 'image-path': 'a', [name]: path });
        expect(messages).toEqual([expect.stringMatching(new RegExp(`^${name}: got "`))]);
        for (const character of ['\n', '\u001b']) expect(messages[0]).not.toContain(character);
      }
    },
  );
});

describe.each(['rollback', 'status'] as const)('the request of %s', (kind) => {
  const read = (raw: Raw) =>
    kind === 'status'
      ? readPublishRequest(raw, cwd, 'status')
      : readPublishRequest({ rollback: 'true', ...raw }, cwd);
  const messagesOf = (raw: Raw) => problemsOf(() => read(raw)).map(({ message }) => message);

  it('has the line that is written out', () => {
    const request = read({ 'glance-name': 'trove-guest' });
    expect(request).toMatchObject({ kind, line: 'trove-guest', from: '' });
    expect(request).not.toHaveProperty('files');
  });

  it('has the line of an image, which need not be there', () => {
    const raw = { 'image-path': 'out/a.b.qcow2', 'glance-name': 'x-a.b' };
    expect(read(raw)).toMatchObject({ line: 'x-a.b' });
  });

  it.each<[Raw]>([
    [{}],
    [{ 'glance-name': '{os}-guest' }],
    [{ 'image-path': 'a.qcow2', 'glance-name': '{name}' }],
  ])('is refused when only a manifest could fill the name in: %j', (raw) => {
    expect(messagesOf(raw)).toEqual([expect.stringContaining('a name that is written out')]);
  });
});

describe('the image to go back from', () => {
  const raw = { rollback: 'true', 'glance-name': 'line' };

  it('is an id', () => {
    const from = '0f5e2c1a-93f1-4a5f-8c0a-7a4b6c1d2e3f';
    const request = readPublishRequest({ ...raw, 'rollback-from': from }, cwd);
    expect(request).toMatchObject({ from });
  });

  it.each(['a/b', '../x', '$(id)', 'a b', 'x'.repeat(65), "'"])('is never %j', (from) => {
    expect(mistakesOf({ ...raw, 'rollback-from': from })).toEqual([
      expect.stringMatching(/^rollback-from: got "/),
    ]);
  });

  it('is of no use without rollback', () => {
    expect(mistakesOf({ 'image-path': 'a', 'rollback-from': 'b' })).toEqual([
      expect.stringContaining('It needs rollback.'),
    ]);
  });
});

it('all mistakes are told at once, unknown inputs with the nearest name', () => {
  const messages = mistakesOf({
    ...{ 'glance-nam': 'x', keep: '1', 'dry-run': 'maybe', rollback: 'no' },
    ...{ 'datastore-versions': 'mysql', 'rollback-from': 'a/b' },
  });
  expect(messages).toHaveLength(8);
  expect(messages[0]).toBe('"glance-nam" is not an input. Did you mean "glance-name"?');
});
