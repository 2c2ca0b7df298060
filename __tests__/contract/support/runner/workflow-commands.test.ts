import { describe, expect, it } from '@jest/globals';
import { maskText, parseWorkflowCommand } from '../../../support/runner/workflow-commands.ts';

describe('a workflow command', () => {
  it.each([
    ['::error::plain', 'error', {}, 'plain'],
    ['  ::Notice file=a.sh,line=3::x', 'notice', { file: 'a.sh', line: '3' }, 'x'],
    ['::error title=a%2C b%3A c%25::d', 'error', { title: 'a, b: c%' }, 'd'],
    ['::warning::one%0Atwo%0D%25 %3A', 'warning', {}, 'one\ntwo\r% %3A'],
    ['::error::%250A is no line end', 'error', {}, '%0A is no line end'],
    ['::endgroup::', 'endgroup', {}, ''],
    ['::debug::a::b', 'debug', {}, 'a::b'],
    ['::error url=a=b,empty=::x', 'error', { url: 'a=b', empty: '' }, 'x'],
  ])('%s is read with its escapes undone', (line, name, properties, message) => {
    expect(parseWorkflowCommand(line)).toEqual({ name, properties, message });
  });

  it.each(['text', 'text ::error::x', ':: error::x', '::error', ':error::x', ''])(
    '%p is text',
    (line) => {
      expect(parseWorkflowCommand(line)).toBeUndefined();
    },
  );
});

describe('a mask', () => {
  it.each([
    ['a secret and a secret', ['secret'], 'a *** and a ***'],
    ['abcdef', ['abc', 'bcde'], '***f'],
    ['abcdef', ['abc', 'def'], '***'],
    ['abc', ['abc', 'b'], '***'],
    ['aaa', ['aa'], '***'],
    ['nothing', ['', 'x'], 'nothing'],
    ['x1y2', ['1', '2'], 'x***y***'],
  ])('covers %s with %j as %s', (text, masks, expected) => {
    expect(maskText(text, masks)).toBe(expected);
  });
});
