import { describe, expect, it } from '@jest/globals';
import { inspectImage, judgeImage } from '../../src/stages/inspect.ts';
import { cleanImage, fileEntry, withFiles } from '../unit/support/image.ts';
import { planOf } from '../unit/support/plan.ts';
import { fakeCommands, fakeLog } from './fakes.ts';

const workspace = { name: 'trove-image-AAAAAA', path: '/ws' };
const inspect = (answer: Parameters<typeof fakeCommands>[0]) => {
  const commands = fakeCommands(answer);
  const run = inspectImage({ commands, log: fakeLog() }, '/ws/out/image.raw', workspace, '/host');
  return { run, commands };
};

describe('reading the image', () => {
  it('asks as root for everything that the rules read, and finds the packages', async () => {
    const { run, commands } = inspect([[/read-image/, { stdout: JSON.stringify(cleanImage) }]]);
    const { facts, packages } = await run;
    expect(facts).toEqual(cleanImage);
    expect(packages.map((each) => each.name)).toContain('trove-guestagent');
    expect(commands.started).toHaveLength(1);
    expect(commands.started[0]).toMatch(
      /^# \/usr\/bin\/python3 -I \/host\/read-image \/ws\/out\/image\.raw .*--content \/etc\/shadow/,
    );
  });

  it.each([
    ['{"error": "mount-failed", "message": "it cannot be mounted"}', 'it cannot be mounted'],
    ['Traceback\nOSError: broken', 'OSError: broken'],
    ['', 'no reason given'],
  ])('fails with the reason out of %j', async (stderr, reason) => {
    const { run } = inspect([[/read-image/, { exitCode: 1, stderr }]]);
    await expect(run).rejects.toMatchObject({
      kind: 'check',
      problems: [{ message: `The finished image could not be read: ${reason}` }],
    });
  });
});

describe('judging the image', () => {
  it('logs every rule and throws all violations in one error', () => {
    const log = fakeLog();
    const facts = withFiles(
      fileEntry('/tmp/a'),
      fileEntry('/tmp/b'),
      fileEntry('/usr/sbin/policy-rc.d'),
    );
    let thrown: unknown;
    try {
      judgeImage({ commands: fakeCommands(), log }, facts, planOf());
    } catch (error) {
      thrown = error;
    }
    expect(thrown).toMatchObject({
      kind: 'check',
      problems: [
        { code: 'check-policy-rc.d' },
        { code: 'check-temporary-files', message: '/tmp/a: was left by the build.' },
        { code: 'check-temporary-files', message: '/tmp/b: was left by the build.' },
      ],
    });
    expect(log.lines.filter((line) => line.startsWith('BROKEN'))).toHaveLength(2);
  });

  it('gives every rule when all hold', () => {
    const results = judgeImage({ commands: fakeCommands(), log: fakeLog() }, cleanImage, planOf());
    expect(results.length).toBeGreaterThan(10);
    expect(results.flatMap(({ violations }) => violations)).toEqual([]);
  });
});
