import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import {
  holdsPostIf,
  makeInputVariables,
  readActionMetadata,
} from '../../../support/runner/action-metadata.ts';

describe('an action file', () => {
  let directory: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'action-metadata-test-'));
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const read = (text: string) => {
    writeFileSync(join(directory, 'action.yml'), text);
    return readActionMetadata(directory);
  };
  const RUNS = 'runs: {using: node24, main: dist/index.js}';

  it('gives the defaults as text, and none to an input without one', () => {
    const metadata = read(`inputs: {a-b: {default: false}, c d: {default: ''}, e: {}}\n${RUNS}`);

    expect(metadata).toMatchObject({ postPath: undefined, postIf: 'always()' });
    expect(makeInputVariables(metadata, {})).toEqual({ 'INPUT_A-B': 'false', INPUT_C_D: '' });
    expect(makeInputVariables(metadata, { e: 'x', 'c d': 'y' })).toEqual({
      'INPUT_A-B': 'false',
      INPUT_C_D: 'y',
      INPUT_E: 'x',
    });
  });

  it('has defaults with expressions replaced by a given value, or refused', () => {
    const metadata = read(`inputs: {token: {default: '\${{ github.token }}'}}\n${RUNS}`);

    expect(makeInputVariables(metadata, { token: 't' })).toEqual({ INPUT_TOKEN: 't' });
    expect(() => makeInputVariables(metadata, {})).toThrow(/default of token is an expression/);
  });

  it.each([
    ['runs: {using: composite, main: x}', /only JavaScript actions/],
    ['runs: {using: node24, main: x, pre: y}', /has a pre step/],
  ])('is refused when it has %s', (text, message) => {
    expect(() => read(text)).toThrow(message);
  });

  it.each([
    ['always()', [true, true, true]],
    ['success()', [true, false, false]],
    ['failure()', [false, true, false]],
    ['cancelled()', [false, false, true]],
    ['!cancelled()', [true, true, false]],
    [`\${{ failure() }}`, [false, true, false]],
  ])('with post-if %s runs post after success, failure and cancel: %j', (postIf, expected) => {
    const statuses = ['success', 'failure', 'cancelled'] as const;

    expect(statuses.map((status) => holdsPostIf(postIf, status))).toEqual(expected);
  });

  it('with another post-if is refused', () => {
    expect(() => holdsPostIf('runner.os == 1', 'success')).toThrow(/not understood/);
  });
});
