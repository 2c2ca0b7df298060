import { describe, expect, it } from '@jest/globals';
import { renderFlag } from '../../../src/core/inputs/help.ts';
import { renderPublishHelp, renderStatusHelp } from '../../../src/core/publish/help.ts';
import { exitCodes } from '../../../src/errors.ts';
import { publishActionInputs } from '../../../src/model/publish-inputs.ts';

const publish = renderPublishHelp(publishActionInputs, renderFlag);
const status = renderStatusHelp(publishActionInputs, renderFlag);
const optionsOf = (help: string) =>
  [...help.matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name);

describe('the help', () => {
  it('of publish has every input once', () => {
    const options = optionsOf(publish);
    expect(options.toSorted()).toEqual(publishActionInputs.map(({ name }) => name).toSorted());
  });

  it('of publish names every exit code that it can have', () => {
    for (const kind of ['input', 'host', 'publish', 'bug', 'cancelled'] as const)
      expect(publish).toMatch(new RegExp(`[ :]${exitCodes[kind]} `));
  });

  it('of status has what chooses clouds and images, and nothing that changes them', () => {
    expect(optionsOf(status)).toEqual([
      ...['cloud', 'glance-name', 'keep', 'grace-period', 'stall-timeout'],
    ]);
  });

  it('is at most 110 characters wide', () => {
    const lines = `${publish}\n${status}`.split('\n');
    expect(lines.filter((line) => line.length > 110)).toEqual([]);
  });
});
