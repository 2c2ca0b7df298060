import { describe, expect, it } from '@jest/globals';
import { overrideInputs } from '../../../src/core/trovestack/options.ts';

const byPath = { 'guest-os': 'ubuntu', 'trove-path': '/opt/stack/trove', output: '/srv/x.qcow2' };
const byDefault = { 'trove-ref': 'stable/2025.1', 'output-dir': '/home/stack/images' };

describe('an option of ours behind the arguments of trovestack', () => {
  it.each([
    ['nothing', byPath, {}, byPath],
    ['a value', byPath, { 'guest-os': 'debian' }, { ...byPath, 'guest-os': 'debian' }],
    [
      'a default place by a path',
      byDefault,
      { output: 'x.raw' },
      { 'trove-ref': 'stable/2025.1', output: 'x.raw' },
    ],
    [
      'the name in a path',
      { output: '/srv/x.qcow2' },
      { 'image-name': 'y' },
      { 'output-dir': '/srv', 'image-name': 'y', formats: 'qcow2' },
    ],
    [
      'the formats of a path',
      { output: 'images/guest.1.qcow2' },
      { formats: 'raw,vhd' },
      { 'output-dir': 'images', 'image-name': 'guest.1', formats: 'raw,vhd' },
    ],
    [
      'the checkout by a branch',
      { 'trove-path': '/opt/stack/trove' },
      { 'trove-ref': 'stable/2025.1' },
      { 'trove-ref': 'stable/2025.1' },
    ],
    [
      'a branch by a checkout',
      byDefault,
      { 'trove-path': '.' },
      { 'trove-path': '.', 'output-dir': '/home/stack/images' },
    ],
  ])('replaces %s', (_what, translated, options, expected) => {
    expect(overrideInputs(translated, options)).toEqual(expected);
  });

  it('adds lines to environment, of which the last wins', () => {
    expect(overrideInputs({ environment: 'A=1' }, { environment: 'A=2' })).toEqual({
      environment: 'A=1\nA=2',
    });
  });
});
