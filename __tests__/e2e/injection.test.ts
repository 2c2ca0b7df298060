import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { RunResult } from '../support/runner.ts';
import { makeGuestImage } from '../support/stand-in/stand-in.ts';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;
let failed: RunResult;
let dirty: RunResult;

/** What an element, a package or a mirror might print to make the runner do something. */
const attacks = [
  '::set-output name=sha256::0000',
  '::add-mask::Build',
  '   ::add-mask::a',
  '\t::save-state name=workspace::/etc',
  '\u0085::add-mask::b',
  '\u00a0::stop-commands::x',
  'progress\r::add-mask::c',
  '::error file=a.sh::forged',
  '::group::forged',
  '::endgroup::',
  '::add-path::/var/tmp',
  '::set-env name=LD_PRELOAD::/var/tmp/x.so',
  '::add-matcher::/var/tmp/matcher.json',
  '##[add-mask]d',
  'in the middle ##[add-mask]e',
  'in the middle ##[error]forged',
  '##[group]forged',
  '##[##[add-mask]f',
];
const registered =
  'add-mask|error|warning|notice|debug|group|endgroup|stop-commands|set-output|save-state|set-env|add-path|add-matcher|remove-matcher|echo|internal-set-repo-path';
/** Lines as the runner splits and reads them: at any line end, `::` after white space, `##[` anywhere. */
const commandsIn = (log: string): readonly string[] =>
  log.split(/\r\n|\r|\n/).filter((line) => {
    const name = /^[\s\u0085]*::([^:\s]+)[^:]*::/.exec(line)?.[1];
    return (
      (name !== undefined && new RegExp(`^(${registered})$`, 'i').test(name)) ||
      new RegExp(`##\\[(${registered})[ \\]]`, 'i').test(line)
    );
  });
const own = /^::(group|endgroup|error|warning)(:| title=)/;

beforeAll(async () => {
  bench = await createWorkbench();
  const text = join(bench.directory, 'attacks.txt');
  writeFileSync(text, `${attacks.join('\n')}\n`);
  failed = await bench.act('attacks', {
    inputs: { artifact: 'off' },
    settings: {
      ...{ STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'fail' },
      ...{ STAND_IN_TEXT: text },
    },
  });
  const image = join(bench.directory, 'dirty.raw');
  const names = Array.from({ length: 14 }, (_, index) => `tmp/${index}\n::add-mask::file-${index}`);
  makeGuestImage(image, Object.fromEntries(names.map((name) => [name, 'x'])));
  dirty = await bench.act('dirty', {
    inputs: { artifact: 'off' },
    settings: { STAND_IN_IMAGE: image },
  });
}, 60_000);
afterAll(() => bench.close());

describe('text from the build that looks like a command to the runner', () => {
  it('is none when it is in the log of diskimage-builder, and can still be read', () => {
    expect(failed.main.exitCode).toBe(4);
    const foreign = commandsIn(failed.main.log).filter((line) => !own.test(line));
    expect(foreign).toEqual([]);
    const groups = failed.main.groups.map(({ title }) => title);
    expect(groups).not.toContain('forged');
    expect(failed.main.outputs).toEqual({});
    expect(failed.main.masks).toEqual([]);
    expect(failed.main.log).toContain('set-output name=sha256::0000');
    expect(failed.main.log).toContain('in the middle');
  });

  it('changes neither state nor environment of the job', () => {
    expect(failed.main.state.workspace).toMatch(/trove-image-\w{6}$/);
    expect(failed.main.environment).toEqual({});
    expect(failed.main.paths).toEqual([]);
    expect(failed.main.annotations).toHaveLength(1);
  });

  it('is none when it is the name of a file in the image, also beyond the tenth annotation', () => {
    expect(dirty.main.exitCode).toBe(5);
    expect(dirty.main.annotations.filter(({ level }) => level === 'error')).toHaveLength(10);
    expect(dirty.main.log.match(/was left by the build/g)).toHaveLength(14);
    expect(commandsIn(dirty.main.log).filter((line) => !own.test(line))).toEqual([]);
    expect(dirty.main.masks).toEqual([]);
  });

  it('does not leave the block of lines in the summary', () => {
    const fences = failed.main.summary.match(/^```/gm) ?? [];
    expect(fences).toHaveLength(2);
    expect(failed.main.summary).toContain('##[');
  });
});
