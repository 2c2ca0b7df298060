import { describe, expect, it } from '@jest/globals';
import { renderBuildHelp, renderHelp } from '../../../src/core/inputs/help.ts';
import { exitCodes } from '../../../src/errors.ts';
import { inputTable } from '../../../src/model/input-table.ts';
import type { InputSpec } from '../../../src/model/inputs.ts';

const table: readonly InputSpec[] = inputTable;

describe('the help of build', () => {
  const help = renderBuildHelp(table);

  it('has every input once, with its default', () => {
    for (const spec of table) {
      const rows = help
        .split('\n')
        .filter((line) => new RegExp(`^ {2}--${spec.name}( |$)`).test(line));
      expect(rows).toHaveLength(1);
      if (spec.default !== '' && !spec.flag)
        expect(help.replace(/\n +/g, ' ')).toContain(`[${spec.default}]`);
    }
  });

  it('is at most 100 characters wide', () => {
    expect(help.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });

  it('loses no word of a summary in wrapping it', () => {
    const words = help.replace(/\s+/g, ' ');
    for (const { summary } of table) expect(words).toContain(summary);
  });

  it('names every exit code', () => {
    for (const code of Object.values(exitCodes)) expect(help).toContain(` ${code} `);
  });
});

describe('the general help', () => {
  it('names the version and every command', () => {
    const help = renderHelp('1.2.3');
    expect(help).toMatch(/^trove-image 1\.2\.3: /);
    for (const command of ['build', 'clean', 'diff', 'version'])
      expect(help).toMatch(new RegExp(`^ {2}${command} `, 'm'));
  });
});
