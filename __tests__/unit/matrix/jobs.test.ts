import { describe, expect, it } from '@jest/globals';
import { readCatalogue } from '../../../src/core/catalogue/read.ts';
import { alignRows } from '../../../src/core/diff/spelling.ts';
import { byCost, foretell } from '../../../src/core/matrix/cost.ts';
import { cutReasons, renderReason, toMatrix, toOutputs } from '../../../src/core/matrix/jobs.ts';
import { renderMatrix, renderMatrixSummary } from '../../../src/core/matrix/text.ts';
import { code } from '../../../src/core/report/markdown.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import type { MatrixPlan, PlannedImage, Reason } from '../../../src/model/matrix.ts';
import { planOutputs } from '../../../src/model/plan-inputs.ts';

const runners = { amd64: 'ubuntu-latest', arm64: 'ubuntu-24.04-arm' };
const reason = (subject: string): Reason => ({ kind: 'script', subject, change: 'changed' });
const image = (name: string, more: Partial<PlannedImage> = {}): PlannedImage => ({
  image: name,
  architecture: 'amd64',
  buildId: null,
  reasons: [reason('a/install.d/10-a')],
  predicted: { seconds: 120, basis: 'estimate', hits: 0, layers: 0 },
  ...more,
});
const plan = (more: Partial<MatrixPlan> = {}): MatrixPlan => ({
  ...{ base: null, images: [], unchanged: [], published: [], removed: [] },
  ...more,
});

describe('a matrix', () => {
  it('has a row for each image, with the runner of its architecture', () => {
    const images = [image('web'), image('arm', { architecture: 'arm64' })];
    expect(toMatrix(plan({ images }), runners)).toEqual({
      include: [
        {
          image: 'web',
          runner: 'ubuntu-latest',
          reasons: ['script a/install.d/10-a changed'],
          predicted: { seconds: 120, basis: 'estimate', hits: 0, layers: 0 },
        },
        expect.objectContaining({ image: 'arm', runner: 'ubuntu-24.04-arm' }),
      ],
    });
  });

  it('is valid without a row, and its outputs say so', () => {
    const published = [{ image: 'web', buildId: 'x' }];
    expect(toOutputs(plan(), runners)).toMatchObject({
      matrix: '{"include":[]}',
      'has-work': 'false',
      any: 'false',
    });
    expect(toOutputs(plan({ published }), runners)).toMatchObject({
      'has-work': 'false',
      any: 'true',
    });
    expect(toOutputs(plan({ images: [image('web')] }), runners)).toMatchObject({
      ...{ 'has-work': 'true', any: 'true', count: '1', images: '["web"]' },
    });
  });

  it('has the outputs of the table', () => {
    const names = planOutputs.map(({ name }) => name);
    expect(Object.keys(toOutputs(plan(), runners)).sort()).toEqual([...names].sort());
  });

  it('of 256 images with as many and as long reasons as can be stays below what a workflow keeps', () => {
    const reasons = Array.from({ length: 40 }, () => reason('x'.repeat(4000)));
    const images = Array.from({ length: 256 }, (_, index) =>
      image(`${index}`.padEnd(100, 'x'), { reasons }),
    );
    const { matrix = '' } = toOutputs(plan({ images }), runners);
    // GitHub keeps 1 MiB of outputs of a job, counted in UTF-16
    expect(Buffer.byteLength(matrix, 'utf16le')).toBeLessThan(1024 * 1024 * 0.75);
    expect(JSON.parse(matrix).include[255].reasons).toHaveLength(6);
  });

  it('is never larger than 256 jobs: the catalogue is refused, with what to do', () => {
    const entries = Array.from({ length: 257 }, (_, index) => `  image-${index}: {}`);
    const read = () =>
      readCatalogue(
        ['version: 1', 'images:', ...entries].join('\n'),
        'c.yml',
        inputTable,
        () => null,
      );
    expect(read).toThrow('256 images at most');
  });
});

describe('a reason', () => {
  it('is one line that nothing acts on, cut', () => {
    const odd = renderReason({
      kind: 'file',
      subject: 'a\n::error::\u001b[2J\u202e',
      change: 'changed',
    });
    expect(odd).toBe('file a\\u{a}::error::\\u{1b}[2J\\u{202e} changed');
    expect(renderReason(reason('x'.repeat(500)))).toHaveLength(140);
  });

  it('is counted when there are more', () => {
    const reasons = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(reason);
    expect(cutReasons(reasons).slice(-2)).toEqual(['script e changed', 'and 2 more']);
    expect(cutReasons(reasons.slice(0, 5))).toHaveLength(5);
  });
});

describe('what a build takes', () => {
  const inputs = {
    guestAgent: 'package',
    datastores: [],
    containerImages: [],
    elements: [],
    cache: 'read',
  } as const;
  const layer = (position: string, result: 'hit' | 'miss' | 'unknown', costMs: number) =>
    ({ position, result, reason: '', costMs }) as const;

  it.each([
    [
      'what the layers that are missed cost',
      inputs,
      [layer('root', 'hit', 40_000), layer('x', 'unknown', 20_000)],
      55,
      'layers',
    ],
    [
      'nothing, where the finished image is used again',
      inputs,
      [layer('image', 'hit', 0)],
      5,
      'layers',
    ],
    [
      'all of them, where the image uses no layers',
      { ...inputs, cache: 'off' },
      [layer('root', 'hit', 40_000), layer('x', 'miss', 20_000)],
      95,
      'layers',
    ],
    [
      'as long as last time, where no layer has a cost',
      inputs,
      [layer('root', 'miss', 0)],
      200,
      'last build',
    ],
  ] as const)('is %s', (_what, known, layers, seconds, basis) => {
    expect(foretell({ inputs: known, layers, lastSeconds: 200 })).toMatchObject({ seconds, basis });
  });

  it('is estimated by what is in it, where nothing is known', () => {
    const guess = (more: object): number =>
      foretell({ inputs: { ...inputs, ...more }, layers: [], lastSeconds: null }).seconds;
    expect(foretell({ inputs, layers: [], lastSeconds: null }).basis).toBe('estimate');
    for (const more of [{ guestAgent: 'source' }, { datastores: ['mysql'] }, { elements: ['a'] }])
      expect(guess(more)).toBeGreaterThan(guess({}));
  });

  it('puts the longest first', () => {
    const rows = [20, 30, 30, 10].map((seconds, index) =>
      image(`i${9 - index}`, { predicted: { seconds, basis: 'estimate', hits: 0, layers: 0 } }),
    );
    expect([...rows].sort(byCost).map(({ image: name }) => name)).toEqual(['i7', 'i8', 'i9', 'i6']);
  });
});

describe('a plan for people', () => {
  const full = plan({
    base: 'a'.repeat(40),
    images: [
      image('web', { reasons: [reason('a'), reason('b')] }),
      image('store', { predicted: { seconds: 41, basis: 'layers', hits: 3, layers: 4 } }),
    ],
    unchanged: ['plain'],
    published: [{ image: 'old', buildId: 'x' }],
    removed: ['gone'],
  });

  it('is a table with a line for each reason', () => {
    expect(renderMatrix(full, alignRows).split('\n')).toEqual([
      'image  takes                 because',
      'web    2 min (estimate)      script a changed',
      '                             script b changed',
      'store  41 s (3 of 4 layers)  script a/install.d/10-a changed',
      '',
      '2 of 4 images to build, 3 min of machines; 1 unchanged; 1 published already: old; 1 no longer in the catalogue: gone.',
      'Compared with aaaaaaaaaaaa.',
    ]);
    expect(renderMatrix(plan({ unchanged: ['a'] }), alignRows)).toBe(
      '0 of 1 images to build; 1 unchanged.',
    );
  });

  it('is a summary in which nothing that a change brings is Markdown', () => {
    const odd = image('web', { reasons: [reason('a|b`<img>`')] });
    const lines = renderMatrixSummary(plan({ images: [odd] }), code).split('\n');
    expect(lines).toContain("| `web` | 2 min (estimate) | `script a\\|b'<img>' changed` |");
  });
});
