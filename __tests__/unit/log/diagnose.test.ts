import { describe, expect, it } from '@jest/globals';
import { describeFailure, diagnose } from '../../../src/core/log/diagnose.ts';
import { emptyTimeline } from '../../../src/core/log/timeline.ts';
import { findOwner, follow, inScript } from '../support/log.ts';
import { readRecording } from '../support/recordings.ts';

describe('a build that really failed', () => {
  /** [recording, exit code, phase, script, cause, the line that tells] */
  const recorded = [
    ['failed-exit.log', 7, 'extra-data', '15-fail-exit', null, 'looking for a licence file'],
    [
      'failed-command.log',
      127,
      'pre-install',
      '05-fail-command',
      'command-not-found',
      '/tmp/in_target.d/pre-install.d/05-fail-command: line 4: curll: command not found',
    ],
    [
      'failed-unbound.log',
      1,
      'install',
      '21-fail-unbound',
      'unbound-variable',
      '/tmp/in_target.d/install.d/21-fail-unbound: line 4: FAIL_UNBOUND_VERSION: unbound variable',
    ],
    [
      'failed-full.log',
      1,
      'install',
      '22-fail-full',
      'guest-disk-full',
      "head: error writing 'standard output': No space left on device",
    ],
    [
      'failed-package.log',
      100,
      null,
      null,
      'package-not-found',
      'E: Unable to locate package trove-datastore-nonesuch',
    ],
  ] as const;

  it.each(recorded)(
    '%s: exit code %d in %s %s is %s',
    (name, exitCode, phase, script, cause, line) => {
      const diagnosis = diagnose(
        follow(readRecording(name).trimEnd().split('\n')),
        exitCode,
        () => null,
      );
      expect({ ...diagnosis, cause: diagnosis.cause?.code ?? null }).toMatchObject({
        phase,
        script,
        cause,
        exitCode,
      });
      expect(diagnosis.lines).toContain(line);
    },
  );

  it.each(recorded)(
    '%s: the lines that matter are not crowded out by the clean-up after the failure',
    (name, exitCode, _phase, _script, _cause, line) => {
      const { lines } = diagnose(
        follow(readRecording(name).trimEnd().split('\n')),
        exitCode,
        () => null,
      );
      expect(lines.at(-1)).toBe(line);
    },
  );
});

describe('the lines that matter', () => {
  const linesOf = (...tail: readonly string[]) =>
    diagnose(follow(inScript('install', '01-x', ...tail)), 1, () => null).lines;

  it('are the last 15, without what the package manager says of its progress', () => {
    const chatter = [
      'Reading package lists...',
      'Get:1 http://x InRelease',
      'Unpacking a (1) ...',
      'Setting up a (1) ...',
      '(Reading database ... 5%',
      ' ',
    ];
    const words = Array.from({ length: 30 }, (_, index) => `word ${index}`);
    expect(linesOf(...words.flatMap((word) => [word, ...chatter]))).toEqual(words.slice(-15));
  });

  it('hold the one that tells the cause, however long ago it was', () => {
    const lines = linesOf(
      'first',
      '/x: line 1: jq: command not found',
      ...Array.from({ length: 40 }, (_, index) => `later ${index}`),
    );
    expect(lines).toHaveLength(15);
    expect(lines.slice(0, 3)).toEqual(['/x: line 1: jq: command not found', '…', 'later 27']);
  });
});

describe('the sentence about a failure', () => {
  const diagnosis = diagnose(follow(inScript('install', '20-trove-guest-system')), 3, findOwner);

  it('names script, element, phase and exit code', () => {
    expect(describeFailure(diagnosis)).toBe(
      'Script 20-trove-guest-system of element trove-guest-system failed in phase install with exit code 3.',
    );
    expect(describeFailure({ ...diagnosis, element: null })).toBe(
      'Script 20-trove-guest-system failed in phase install with exit code 3.',
    );
  });

  it('says when it was no script', () => {
    expect(describeFailure(diagnose(emptyTimeline, 1, findOwner))).toBe(
      "diskimage-builder failed with exit code 1, outside of the elements' scripts.",
    );
  });
});
