import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { sendSignal } from '../../support/runner/process-tree.ts';
import { type RunOptions, runAction } from '../../support/runner.ts';
import { createSudoUser } from '../../support/sudo-user.ts';

const actionDirectory = join(import.meta.dirname, '../../fixtures/echo-action');

/** A process that was killed may wait for a while as a zombie until its new parent looks after it. */
const isAlive = (pid: string | undefined) => {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

describe('the runner', () => {
  let directory: string;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'runner-test-'));
  });

  afterEach(async () => {
    await rm(directory, { recursive: true });
  });

  const run = (inputs: Record<string, string>, options: Partial<RunOptions> = {}) =>
    runAction({ actionDirectory, directory, inputs, ...options });

  it('gives main its own variables and nothing of this process but the path', async () => {
    process.env.STRAY_VARIABLE = 'stray';
    const { main, workspace, temp } = await run({}, { extraEnv: { ADDED: 'added' } });
    delete process.env.STRAY_VARIABLE;

    const environment = JSON.parse(main.outputs.environment ?? '{}');
    const names = Object.keys(environment).filter((name) => !/^(GITHUB|RUNNER|INPUT)_/.test(name));
    expect(names.sort()).toEqual(['ADDED', 'CI', 'HOME', 'LANG', 'PATH', 'USER']);
    expect(environment).toMatchObject({
      PATH: process.env.PATH,
      INPUT_FIRST_NAME: 'nobody',
      INPUT_STUBBORN: 'false',
      GITHUB_WORKSPACE: workspace,
      GITHUB_SERVER_URL: 'https://github.com',
      RUNNER_TEMP: temp,
    });
    expect(existsSync(environment.GITHUB_EVENT_PATH)).toBe(true);
  });

  it('reads back outputs, state and summary, and what main left for post', async () => {
    const { main, post } = await run({});

    expect(main).toMatchObject({ exitCode: 0, signal: null, endedBy: 'itself' });
    expect(main.outputs.lines).toBe('one\ntwo=2');
    expect(main.state).toEqual({ started: 'yes' });
    expect(main.summary).toBe('# Done');
    expect(main.fileCommandErrors).toEqual([]);
    const environment = JSON.parse(post?.outputs.environment ?? '{}');
    expect(environment).toMatchObject({
      STATE_started: 'yes',
      GREETED: 'yes',
      GITHUB_SHA: '0'.repeat(40),
      PATH: `/opt/echo/bin:${process.env.PATH}`,
    });
    expect(environment).not.toHaveProperty('NODE_OPTIONS');
    expect(post?.summary).toBe('');
    expect(post?.visibleLog).toBe('post: yes speak ***');
  });

  it('shows the log as a reader sees it: commands rendered, masked from the mask on', async () => {
    const { main } = await run({ 'first name': 'Ada' }, { secrets: ['from stderr'] });

    const lines = main.visibleLog.split('\n');
    expect(lines).toEqual(
      expect.arrayContaining([
        'before the mask: tr0ub4dor',
        'after the mask: *** and ***',
        '##[group]greeting: 100%, Ada',
        '##[error]bad: 5% of ***',
        'is left',
        '::warning::plain text',
        '***',
        'no newline at the end',
      ]),
    );
    expect(main.visibleLog).not.toMatch(/quiet|add-mask/);
    expect(main.log).toContain('::add-mask::first line%0Asecond line');
    expect(main.masks).toEqual([
      'from stderr',
      'tr0ub4dor',
      'first line\nsecond line',
      'first line',
      'second line',
    ]);
    expect(main.groups).toEqual([
      {
        title: 'greeting: 100%, Ada',
        lines: ['##[error]bad: 5% of ***\nis left', '##[warning]careful'],
        closed: true,
      },
    ]);
    expect(main.annotations).toEqual([
      {
        level: 'error',
        message: 'bad: 5% of ***\nis left',
        properties: { title: 'a, b: c', file: 'x.sh', line: '3' },
      },
      { level: 'warning', message: 'careful', properties: {} },
      { level: 'notice', message: 'note', properties: {} },
    ]);
  });

  it('shows debug lines when the job is run again for them', async () => {
    const { main } = await run({}, { extraEnv: { RUNNER_DEBUG: '1' } });

    expect(main.visibleLog).toContain('##[debug]quiet');
  });

  it('runs post after a failure, and warns of an input that the action does not know', async () => {
    const { main, post } = await run({ behaviour: 'fail', 'frist-name': 'x' });

    expect(main.exitCode).toBe(1);
    expect(main.annotations.map((one) => [one.level, one.message])).toEqual([
      [
        'warning',
        "Unexpected input(s) 'frist-name', valid inputs are ['first name', 'behaviour', 'stubborn']",
      ],
      ['error', 'told to fail'],
    ]);
    expect(post?.exitCode).toBe(0);
  });

  it('tells of a file that the real runner would refuse', async () => {
    const { main } = await run({ behaviour: 'write-badly' });

    expect(main.fileCommandErrors).toEqual([
      'GITHUB_OUTPUT: neither NAME=VALUE nor NAME<<DELIMITER: no value at all',
    ]);
  });

  it('cancels with SIGINT first, then runs post', async () => {
    const { main, post } = await run({ behaviour: 'wait' }, { cancel: { when: /^grandchild/ } });

    const [, child] = /^child (\d+)/m.exec(main.log) ?? [];
    const [, grandchild] = /grandchild (\d+)/.exec(main.log) ?? [];
    for (const pid of [child, grandchild]) {
      // Left behind by the action's own manners: the runner signals only what it started.
      expect(isAlive(pid)).toBe(true);
      sendSignal(Number(pid), 'SIGKILL');
    }
    expect(main).toMatchObject({ exitCode: 3, endedBy: 'cancel' });
    expect(main.log).toContain('got SIGINT');
    expect(main.log).not.toContain('SIGTERM');
    expect(post?.exitCode).toBe(0);
  });

  it('cancels a stubborn action with SIGTERM, and kills its tree in the end', async () => {
    const { main } = await run(
      { behaviour: 'wait', stubborn: 'true' },
      { cancel: { when: /^grandchild/, interruptMs: 300, terminateMs: 400 } },
    );

    expect(main).toMatchObject({ exitCode: null, signal: 'SIGKILL', endedBy: 'cancel' });
    expect(main.log.split('\n').slice(-2)).toEqual(['got SIGINT', 'got SIGTERM']);
    expect(main.durationMs).toBeGreaterThanOrEqual(700);
    expect(isAlive(/grandchild (\d+)/.exec(main.log)?.[1])).toBe(false);
  });

  it('kills the whole tree at a line of the log, and still runs post', async () => {
    const { main, post } = await run({ behaviour: 'wait' }, { killWhen: /^grandchild/ });

    expect(main).toMatchObject({ signal: 'SIGKILL', endedBy: 'kill' });
    expect(main.log).not.toContain('got SIG');
    for (const match of main.log.matchAll(/child (\d+)/g)) expect(isAlive(match[1])).toBe(false);
    expect(post?.visibleLog).toMatch(/^post: yes wait/);
  });

  it('ends a step that takes longer than its time', async () => {
    const { main } = await run({ behaviour: 'wait' }, { timeLimitMs: 1500 });

    expect(main).toMatchObject({ signal: 'SIGKILL', endedBy: 'time limit' });
    for (const match of main.log.matchAll(/child (\d+)/g)) expect(isAlive(match[1])).toBe(false);
  });

  it('waits five seconds for a child that holds the log open, and goes on without it', async () => {
    const { main, post } = await run({ behaviour: 'leave-child' });

    sendSignal(Number(main.outputs.child), 'SIGKILL');
    expect(main.exitCode).toBe(0);
    expect(main.durationMs).toBeGreaterThan(4900);
    expect(main.durationMs).toBeLessThan(15_000);
    expect(post?.exitCode).toBe(0);
  });

  it('runs the action as another user, who owns the workspace', async () => {
    const user = createSudoUser();
    try {
      const { main, workspace } = await run({}, { user });

      expect(main.exitCode).toBe(0);
      expect(main.outputs.uid).toBe(String(user.uid));
      expect(JSON.parse(main.outputs.environment ?? '{}')).toMatchObject({
        HOME: user.home,
        USER: user.name,
      });
      expect((await stat(workspace)).uid).toBe(user.uid);
      expect(main.summary).toBe('# Done');
    } finally {
      user.remove();
    }
  });

  it('fails when the program to run the action with is missing', async () => {
    await expect(run({}, { nodePath: '/nowhere/node' })).rejects.toThrow(/ENOENT/);
  });
});
