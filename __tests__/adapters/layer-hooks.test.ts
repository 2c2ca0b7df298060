import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import { answerOf, openBench, runLayer } from '../support/layer/bench.ts';

const bench = openBench('layer-hooks-');
let count = 0;
let own = '';
let hooks = '';
let tree = '';

beforeEach(() => {
  count += 1;
  own = bench.place(`test-${count}`);
  hooks = bench.place(`test-${count}/hooks`);
  tree = bench.place(`test-${count}/tree`);
});
afterAll(() => bench.close());

function put(path: string, text: string | Buffer = 'text', mode = 0o644): string {
  const full = join(own, path);
  mkdirSync(dirname(full), { recursive: true });
  writeFileSync(full, text);
  chmodSync(full, mode);
  return full;
}
const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

describe('the files that hooks can read', () => {
  it('are listed with mode, digest and text, but for what this product puts there itself', () => {
    put('hooks/root.d/10-first', '#!/bin/bash\n', 0o755);
    put('hooks/pkg-map', '{}');
    put('hooks/binary', Buffer.from([0xff, 0xfe]));
    put('hooks/large', 'x'.repeat(600_000));
    put('hooks/install.d/__pycache__/x.pyc');
    put('hooks/trove-image-layers/save-0');
    put('hooks/trove-guest-secrets/root-password', 'hunter2222');
    put('hooks/trove-guest-container-images.tar', 'large');
    symlinkSync('pkg-map', `${hooks}/same`);
    execFileSync('mkfifo', [`${hooks}/fifo`]);
    expect(answerOf(['hooks', hooks])).toEqual({
      files: [
        ['binary', '0644', sha256(Buffer.from([0xff, 0xfe])), null],
        ['large', '0644', sha256('x'.repeat(600_000)), null],
        ['pkg-map', '0644', sha256('{}'), '{}'],
        ['root.d/10-first', '0755', sha256('#!/bin/bash\n'), '#!/bin/bash\n'],
        ['same', '0644', sha256('{}'), '{}'],
      ],
    });
  });
});

describe('neutralised root hooks', () => {
  it('do nothing and go on existing, but for those that are kept', () => {
    for (const name of ['10-a', '20-mounts', '-1-trove-image-layers', '99999-trove-image-layers'])
      put(`hooks/root.d/${name}`, '#!/bin/bash\nexit 7\n', 0o755);
    put('elsewhere', 'not mine', 0o755);
    symlinkSync('../../elsewhere', `${hooks}/root.d/30-link`);
    const answer = answerOf(['neutralise', hooks, '--keep', '20-mounts']);
    expect(answer).toEqual({ neutralised: ['10-a', '30-link'] });
    for (const name of ['10-a', '30-link']) execFileSync(`${hooks}/root.d/${name}`);
    for (const name of ['20-mounts', '-1-trove-image-layers', '99999-trove-image-layers'])
      expect(readFileSync(`${hooks}/root.d/${name}`, 'utf8')).toContain('exit 7');
    expect(readFileSync(`${own}/elsewhere`, 'utf8')).toBe('not mine');
  });
});

describe('arranging the hooks', () => {
  const arrange = (plan: Record<string, unknown>) => {
    const instructions = put(
      'instructions',
      JSON.stringify({ covered: [], stops: [], deferred: [], ...plan }),
    );
    return runLayer(['arrange', hooks, tree, instructions]);
  };

  it('takes covered ones away, adds stops, and moves sources aside; put-back undoes the last', () => {
    put('hooks/install.d/10-done', '', 0o755);
    put('tree/opt/agent/setup.py', 'source');
    const stash = join(own, 'stash/0');
    const { status } = arrange({
      covered: ['install.d/10-done'],
      stops: [{ name: 'save-0', hook: 'install.d/11-stop' }],
      deferred: [{ path: 'opt/agent', stash }],
    });
    expect(status).toBe(0);
    expect(readdirSync(`${hooks}/install.d`)).toEqual(['11-stop']);
    expect(statSync(`${hooks}/install.d/11-stop`).mode & 0o777).toBe(0o755);
    expect(statSync(`${hooks}/trove-image-layers/save-0`).isFIFO()).toBe(true);
    expect(existsSync(`${tree}/opt/agent`)).toBe(false);

    answerOf(['put-back', tree, stash, 'opt/agent']);
    expect(readFileSync(`${tree}/opt/agent/setup.py`, 'utf8')).toBe('source');
    expect(existsSync(stash)).toBe(false);
    mkdirSync(stash);
    expect(runLayer(['put-back', tree, stash, 'opt/agent']).error).toBe(
      '/opt/agent was made by a script that ran before the one that uses it',
    );
  });

  it.each([
    ['a covered hook', { covered: ['../victim'] }],
    ['an absolute hook', { covered: ['/etc/hostname'] }],
    ['a stop', { stops: [{ name: 'x', hook: '../../evil' }] }],
    ['the FIFO of a stop', { stops: [{ name: '../x', hook: 'install.d/x' }] }],
    ['the FIFO in a directory', { stops: [{ name: 'a/b', hook: 'install.d/x' }] }],
    ['words in a name', { stops: [{ name: '$(reboot)', hook: 'install.d/x' }] }],
    ['a source', { deferred: [{ path: '../victim', stash: '/nowhere/at/all' }] }],
    ['a source below a link', { deferred: [{ path: 'out/victim', stash: '/nowhere/at/all' }] }],
    ['a source that is everything', { deferred: [{ path: '', stash: '/nowhere/at/all' }] }],
  ])('refuses names that leave their directory, before it changes anything: %s', (_, plan) => {
    put('victim', 'mine');
    symlinkSync(own, `${tree}/out`);
    put('hooks/install.d/10-done');
    const covered = ['install.d/10-done', ...('covered' in plan ? plan.covered : [])];
    const { status, error } = arrange({ ...plan, covered });
    expect(status).toBe(1);
    expect(error).toMatch(/is not a path inside|is no name of a stop|is below the link/);
    expect(readFileSync(join(own, 'victim'), 'utf8')).toBe('mine');
    expect(readdirSync(`${hooks}/install.d`)).toEqual(['10-done']);
  });

  it('puts no source back through a link of the tree, or outside of it', () => {
    const stash = put('stash/0/file').replace('/file', '');
    const outside = bench.place(`test-${count}/outside`);
    symlinkSync(outside, `${tree}/opt`);
    expect(runLayer(['put-back', tree, stash, 'opt/agent']).error).toBe(
      '/opt/agent is below the link /opt',
    );
    expect(runLayer(['put-back', tree, stash, '../agent']).error).toMatch('is not a path inside');
    expect(readdirSync(outside)).toEqual([]);
    expect(existsSync(stash)).toBe(true);
  });
});

describe('an answer to a hook that waits', () => {
  /** The hook that `arrange` writes, with the directory that the chroot would see. */
  function startHook(): { child: ChildProcess; fifo: string; said: () => string } {
    const instructions = put(
      'instructions',
      JSON.stringify({
        ...{ covered: [], deferred: [] },
        stops: [{ name: 'save-0', hook: 'install.d/11-stop' }],
      }),
    );
    mkdirSync(`${hooks}/install.d`);
    answerOf(['arrange', hooks, tree, instructions]);
    const text = readFileSync(`${hooks}/install.d/11-stop`, 'utf8');
    const hook = put('hook', text.replaceAll('/tmp/in_target.d', hooks), 0o755);
    const child = spawn(hook, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stdout?.on('data', (data) => (said += data));
    child.stderr?.on('data', (data) => (said += data));
    return { child, fifo: `${hooks}/trove-image-layers/save-0`, said: () => said };
  }

  it.each([
    ['go', 0],
    ['stop', 1],
  ])('%s ends it with %i', async (word, exitCode) => {
    const { child, fifo, said } = startHook();
    expect(answerOf(['answer', fifo, word])).toEqual({});
    const [code] = await once(child, 'close');
    expect(code).toBe(exitCode);
    expect(said()).toContain(`trove-image-layers: reached save-0 ${child.pid}\n`);
    expect(said().includes('no answer at save-0')).toBe(exitCode === 1);
  });

  it('is an error after about ten seconds when nobody waits', () => {
    const fifo = join(own, 'fifo');
    execFileSync('mkfifo', [fifo]);
    const startMs = Date.now();
    const { status, error } = runLayer(['answer', fifo, 'go']);
    expect({ status, error }).toEqual({ status: 1, error: `no hook waits at ${fifo}` });
    expect(Date.now() - startMs).toBeGreaterThan(8_000);
    expect(Date.now() - startMs).toBeLessThan(15_000);
  });

  it('is not written to what a script put in the place of the FIFO', () => {
    const file = put('file', 'mine');
    symlinkSync(file, join(own, 'link'));
    expect(runLayer(['answer', file, 'go']).error).toBe(`${file} is no FIFO`);
    expect(runLayer(['answer', join(own, 'link'), 'go']).status).toBe(1);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});
