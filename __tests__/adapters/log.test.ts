import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createGithubLog } from '../../src/adapters/github-log.ts';
import { createTerminalLog } from '../../src/adapters/terminal-log.ts';
import { createLogRecorder, type StepLog } from '../support/runner/log-recorder.ts';

const problem = (number = 1, file?: string) => ({
  code: `code-${number}`,
  message: `message ${number}: 100% wrong,\nin two lines`,
  hint: 'what to do',
  ...(file === undefined ? {} : { file }),
});

describe('the log of a workflow step', () => {
  let written = '';
  let clockMs = 0;
  const log = () => createGithubLog(() => clockMs);

  beforeEach(() => {
    written = '';
    jest.spyOn(process.stdout, 'write').mockImplementation((text) => {
      written += String(text);
      return true;
    });
  });
  afterEach(() => {
    jest.restoreAllMocks();
  });
  /** What the runner makes of what was written. */
  const read = (): StepLog => {
    const recorder = createLogRecorder({ masks: [], showDebug: false });
    recorder.write('stdout', Buffer.from(written));
    return recorder.finish();
  };

  it('has a closed group for every chapter, with its lines and its time', () => {
    const github = log();
    github.chapter('One');
    github.info('a line');
    clockMs += 4400;
    github.chapter('Two');
    github.detail('a detail');
    github.progress('a step');
    clockMs += 600;
    github.close();
    github.close();
    expect(read().groups).toEqual([
      { title: 'One', lines: ['a line', 'took 4 s'], closed: true },
      { title: 'Two', lines: ['a detail', 'a step', 'took 1 s'], closed: true },
    ]);
  });

  it('has an annotation for each problem, with title, file, message and hint', () => {
    log().error(problem(1, '/elements/a/install.d/10-a: b,c'));
    log().warning(problem(2));
    expect(read().annotations).toEqual([
      {
        level: 'error',
        message: 'message 1: 100% wrong,\nin two lines\nwhat to do',
        properties: { title: 'code-1', file: '/elements/a/install.d/10-a: b,c', line: '1' },
      },
      {
        level: 'warning',
        message: 'message 2: 100% wrong,\nin two lines\nwhat to do',
        properties: { title: 'code-2' },
      },
    ]);
  });

  it('shows an error outside of the group, where it can be seen', () => {
    const github = log();
    github.chapter('One');
    github.error(problem());
    const { groups, visibleLog } = read();
    expect(groups[0]?.closed).toBe(true);
    expect(visibleLog.indexOf('##[endgroup]')).toBeLessThan(visibleLog.indexOf('##[error]'));
  });

  it('has at most ten annotations of a kind, and the rest as lines', () => {
    const github = log();
    for (let number = 1; number <= 12; number += 1) {
      github.error(problem(number));
      github.warning(problem(number));
    }
    const { annotations } = read();
    expect(annotations.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect(annotations.filter(({ level }) => level === 'warning')).toHaveLength(10);
    expect(written).toContain('error: message 11: 100% wrong');
    expect(written).toContain('warning: message 12: 100% wrong');
    expect(written).toContain('[code-12]');
  });

  it.each([
    '::add-mask::x',
    '  ::error::x',
    '\u0085::error::x',
    '\ufeff::error::x',
    'a\r::error::x',
    'a\n::error::x',
    'a\u2028::error::x',
    '##[error]x',
    'a ##[add-mask]x',
    '##[##[error]x',
  ])('takes the meaning from %j, but not the text', (text) => {
    const github = log();
    github.info(text);
    github.detail(text);
    github.progress(text);
    for (let number = 1; number <= 11; number += 1) {
      github.warning({ code: 'c', message: number === 11 ? text : 'm', hint: text });
    }
    const lines = written.split(/\r\n|\r|\n/).filter((line) => !line.startsWith('::warning '));
    expect(lines.filter((line) => /^[\s\u0085]*::|##\[/.test(line))).toEqual([]);
    expect(lines.filter((line) => line.includes('x'))).toHaveLength(5);
  });

  it('leaves other text as it is', () => {
    log().detail('a::b::c # [x] %0A  indented');
    expect(written).toBe('a::b::c # [x] %0A  indented\n');
  });
});

describe('the log of a terminal', () => {
  let written = '';
  let clockMs = 0;
  beforeEach(() => {
    written = '';
  });
  const open = (isTTY: boolean, verbose = false, columns = 40) =>
    createTerminalLog(
      {
        isTTY,
        columns,
        write: (text) => {
          written += text;
        },
      },
      () => clockMs,
      verbose,
    );

  it('writes chapters with their time, lines, and problems with hint and code', () => {
    const log = open(false);
    log.chapter('One');
    log.info('a line');
    log.detail('unseen');
    log.progress('1/2 step');
    clockMs += 2000;
    log.close();
    log.error(problem());
    log.warning(problem(2));
    expect(written).toBe(
      [
        '== One',
        '  a line',
        '  1/2 step',
        '  One: 2 s',
        'Error: message 1: 100% wrong,\nin two lines\n  what to do [code-1]',
        'Warning: message 2: 100% wrong,\nin two lines\n  what to do [code-2]',
        '',
      ].join('\n'),
    );
  });

  it('shows progress in one line that it writes over, cut at the width', () => {
    const log = open(true);
    log.chapter('One');
    log.progress('1/2 a step with a long name that does not fit');
    clockMs += 3000;
    log.progress('2/2 short');
    log.info('kept');
    const erase = '\r\u001b[K';
    expect(written).toBe(
      `== One\n${erase}  1/2 a step with a long name that does${erase}  2/2 short (3 s)${erase}  kept\n`,
    );
  });

  it('writes every line and no control characters when it is verbose', () => {
    const log = open(true, true);
    log.detail('seen');
    log.progress('a step');
    expect(written).toBe('  seen\n  a step\n');
  });
});
