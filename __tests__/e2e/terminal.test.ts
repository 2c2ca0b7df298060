import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30_000);
afterAll(() => bench.close());

/** Runs the rest of a command line on a terminal of its own, 60 columns wide. */
const onTerminal = [
  ...['bash', '-c'],
  'printf -v line "%q " "$@"; SHELL=/bin/bash exec script --quiet --return --command "stty cols 60; $line" /dev/null',
  'bash',
];
const erase = '\r\u001b[K';

describe('a build on a terminal', () => {
  it('shows what is going on in one line that it writes over, cut at the width, and keeps the chapters', async () => {
    const { status, stdout } = await bench.build('terminal', { within: onTerminal }).ended;
    expect(status).toBe(0);
    const steps = stdout.split(erase).filter((part) => /^ {2}\d+\/\d+ install /.test(part));
    expect(steps.length).toBeGreaterThan(0);
    for (const step of steps) expect(step.split(/[\r\n]/)[0]?.length).toBeLessThan(60);
    expect(steps.join('')).toMatch(/ {2}\d+\/\d+ install 01-package-installs \(\d+ s\)/);
    expect(stdout).toContain('== Build: install\r\n');
    const kept = stdout.split('\r\n').map((line) => line.slice(line.lastIndexOf(erase) + 1));
    expect(kept.filter((line) => /\d+\/\d+ install/.test(line))).toEqual([]);
  });

  it('ends at Ctrl-C typed there, with exit code 130', async () => {
    const program = bench.build('typed', {
      settings: { STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'hang' },
      within: onTerminal,
    });
    await program.seen(/install 01-package-installs/);
    program.child.stdin?.write('\u0003');
    const { status, stdout } = await program.ended;
    expect(status).toBe(130);
    expect(stdout).toContain('The build was cancelled.');
  });
});

describe('a build whose output goes to a file', () => {
  it('writes whole lines without any control character', async () => {
    const { stderr } = await bench.build('file').ended;
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
    expect(stderr).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f]/);
    expect(stderr).toMatch(/^ {2}\d+\/\d+ install 01-package-installs$/m);
  });
});
