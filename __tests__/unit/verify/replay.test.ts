import { describe, expect, it } from '@jest/globals';
import { explain } from '../../../src/core/verify/explain.ts';
import type { ImageHints } from '../../../src/model/guest.ts';
import { faults } from '../../support/broken-images.ts';
import { goodHints, readRecording, replay } from './support.ts';

/** What the files of a broken image told, where that differs from the good one. */
const hintsOf: Readonly<Record<string, Partial<ImageHints>>> = {
  'no-bootloader': { hasBootCode: false },
  'no-cloud-init': { hasCloudInit: false },
  'no-datasource': { datasources: 'NoCloud, None' },
};

/** The one without a network is not recorded. */
const recorded = faults.filter(({ name }) => name !== 'no-network');

describe('the recorded boot of a real image', () => {
  it('passes as soon as its agent has called and a report says that all is well', () => {
    const { conclusion, checks, ms, evidence } = replay(readRecording('good'));
    expect(checks.filter(({ ok }) => !ok)).toEqual([]);
    expect(conclusion).toEqual({ kind: 'passed' });
    expect(ms - (evidence.greetingMs ?? 0)).toBeLessThan(30_000);
  });

  it.each(recorded.map(({ what, ...fault }) => [what, fault] as const))(
    'that %s fails for that reason',
    (_, { name, code, line }) => {
      const hints = { ...goodHints, ...hintsOf[name] };
      const { conclusion, checks, evidence } = replay(readRecording(name), hints);
      if (conclusion.kind !== 'failed') throw new Error(`it has ${conclusion.kind}`);
      const [cause] = explain(evidence, checks, hints, conclusion.why);
      expect(cause?.code).toBe(code);
      expect(cause?.lines.join('\n')).toMatch(line);
    },
  );
});
