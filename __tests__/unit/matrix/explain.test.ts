import { describe, expect, it } from '@jest/globals';
import { splitList } from '../../../src/core/inputs/values.ts';
import { explainInput, listDiffering } from '../../../src/core/matrix/explain-inputs.ts';
import { explainSince, type Present } from '../../../src/core/matrix/explain-since.ts';
import { renderReason } from '../../../src/core/matrix/jobs.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import type { InputSpec } from '../../../src/model/inputs.ts';

const specs: readonly InputSpec[] = inputTable;
const specOf = (name: string): InputSpec => specs.find((spec) => spec.name === name) as InputSpec;
const image = (raw: Readonly<Record<string, string>>, place?: string) => ({
  raw,
  origins: Object.fromEntries(Object.keys(raw).flatMap((name) => (place ? [[name, place]] : []))),
});

describe('what changed in an input', () => {
  it.each([
    ['packages', 'htop vim', 'vim\nnginx', ['package nginx is new', 'package htop is gone']],
    ['packages', 'htop, vim', 'vim htop', ['input packages has another order']],
    ['elements', '', 'site', ['input elements: site is new']],
    ['image-size', '8', undefined, ['input image-size changed from 8 to 5']],
    ['guest-release', undefined, 'trixie', ['input guest-release changed from nothing to trixie']],
    [
      'environment',
      'A=1\nB=2\nC=3',
      'B=two=2\nC=3\nD=',
      ['variable A is gone', 'variable B changed from 2 to two=2', 'variable D is new: nothing'],
    ],
  ])('%s is told item by item', (name, before, now, expected) => {
    const [old, current] = [before, now].map((text) =>
      image(text === undefined ? {} : { [name]: text }),
    );
    if (old === undefined || current === undefined) throw new Error('there are two');
    const kindOf = expected.map((sentence) =>
      sentence.replace('input packages', 'package packages'),
    );
    const reasons = explainInput(old, current, specOf(name), splitList);
    expect(reasons.map(renderReason)).toEqual(kindOf);
  });

  it('is told with its place: where it stands now, or stood', () => {
    const [old, now] = [
      image({ 'image-size': '6' }, 'a.yml:3:5'),
      image({ 'image-size': '7' }, 'a.yml:9:5'),
    ];
    const explain = (a: typeof old, b: typeof old) =>
      explainInput(a, b, specOf('image-size'), splitList).map(renderReason);
    expect(explain(old, now)).toEqual(['input image-size changed from 6 to 7 (a.yml:9:5)']);
    expect(explain(old, image({}))).toEqual(['input image-size changed from 6 to 5 (a.yml:3:5)']);
  });

  it('is looked for in all inputs that either of both has', () => {
    expect(
      listDiffering(image({ a: '1', b: '2', c: '3' }), image({ b: '2', c: '4', d: '5' })),
    ).toEqual(['a', 'c', 'd']);
  });
});

describe('what moved since an image was published', () => {
  const archive = {
    name: 'default',
    url: 'http://x/debian',
    suite: 'bookworm',
    inReleaseSha256: 'a',
    date: 'Sat',
  };
  const container = { target: 'mysql:8.4', manifestDigest: 'sha256:1' };
  const trove = { origin: 'x', ref: 'master', series: 'master', isDirty: false, constraints: 'x' };
  const manifest = {
    guest: {},
    tools: { 'diskimage-builder': '3.13.0' },
    command: ['disk-image-create', '-a', 'amd64'],
    environment: { A: '1', TROVE_GUEST_CONTAINER_IMAGES: '1', DIB_REPOREF_guest_agent: 'c1' },
    elements: [{ name: 'base', sha256: '1' }],
    sources: [archive],
    containerImages: [container],
    trove: { ...trove, commit: 'c1', constraintsSha256: 'k1' },
  } as unknown as Parameters<typeof explainSince>[0];
  const present = (change: object = {}, plan: object = {}): Present =>
    ({
      plan: {
        arguments: ['-a', 'amd64'],
        environment: manifest.environment,
        containerImages: [container],
        trove: { ...trove, code: { repository: 'x', commit: 'c1' } },
        ...plan,
      },
      diskimageBuilderVersion: '3.13.0',
      digests: [{ name: 'base', sha256: '1' }],
      archives: [archive],
      constraintsSha256: 'k1',
      ...change,
    }) as unknown as Present;

  it('is nothing where nothing did', () => {
    expect(explainSince(manifest, present())).toEqual([]);
  });

  it.each([
    [
      'an archive',
      present({ archives: [{ ...archive, inReleaseSha256: 'b', date: 'Sun' }] }),
      'archive http://x/debian bookworm moved: of Sun, was of Sat',
    ],
    [
      'another suite',
      present({ archives: [archive, { ...archive, suite: 'extra' }] }),
      'archive http://x/debian extra is new',
    ],
    [
      'the commit of Trove',
      present({}, { trove: { ...trove, code: { repository: 'x', commit: 'c2' } } }),
      'Trove master is at c2, was at c1',
    ],
    ['the constraints', present({ constraintsSha256: 'k2' }), 'upper constraints changed'],
    [
      'a container image',
      present({}, { containerImages: [{ ...container, manifestDigest: 'sha256:2' }] }),
      'container image mysql:8.4 changed',
    ],
    ['an element', present({ digests: [{ name: 'base', sha256: '2' }] }), 'element base changed'],
    [
      'diskimage-builder',
      present({ diskimageBuilderVersion: '3.37.0' }),
      'tool diskimage-builder is 3.37.0, was 3.13.0',
    ],
    [
      'a variable',
      present({}, { environment: { ...manifest.environment, A: '2' } }),
      'variable A changed',
    ],
    [
      'an argument',
      present({}, { arguments: ['-a', 'arm64'] }),
      'tool disk-image-create has other arguments',
    ],
  ])('is %s', (_what, now, expected) => {
    expect(explainSince(manifest, now).map(renderReason)).toEqual([expected]);
  });
});
