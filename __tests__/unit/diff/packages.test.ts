import { describe, expect, it } from '@jest/globals';
import { comparePackages, compareVersions } from '../../../src/core/diff/packages.ts';

const at = (name: string, version: string, architecture = 'amd64') => ({
  name,
  version,
  architecture,
});

describe('two lists of packages', () => {
  it('tell what came, went and changed, and in which direction, by name', () => {
    const old = [at('zsh', '5'), at('curl', '7.88'), at('bash', '5.2-1'), at('same', '1')];
    const now = [at('same', '1'), at('nano', '7'), at('bash', '5.2-2'), at('curl', '7.87')];
    expect(comparePackages(old, now)).toEqual({
      added: [at('nano', '7')],
      removed: [at('zsh', '5')],
      changed: [
        { name: 'bash', architecture: 'amd64', old: '5.2-1', new: '5.2-2', direction: 'newer' },
        { name: 'curl', architecture: 'amd64', old: '7.88', new: '7.87', direction: 'older' },
      ],
    });
  });

  it('keep the architectures of a package apart', () => {
    const { added, removed, changed } = comparePackages(
      [at('libc6', '1'), at('libc6', '1', 'i386')],
      [at('libc6', '2'), at('libc6', '1', 'arm64')],
    );
    expect(added).toEqual([at('libc6', '1', 'arm64')]);
    expect(removed).toEqual([at('libc6', '1', 'i386')]);
    expect(changed.map(({ architecture }) => architecture)).toEqual(['amd64']);
  });

  it('differ in spellings of one version too', () => {
    const { changed } = comparePackages([at('a', '1.0')], [at('a', '1.00')]);
    expect(changed).toEqual([expect.objectContaining({ direction: 'same' })]);
  });
});

describe('the order of versions', () => {
  // each older than the next
  it.each([
    ['1.0~rc1', '1.0'],
    ['1.0', '1.0-1'],
    ['1.0-1~deb12u1', '1.0-1'],
    ['1.9', '1.10'],
    ['9:1', '10:1'],
    ['2.0', '1:1.0'],
    ['1.0a', '1.0+b'],
    ['1.0', '1.0a'],
    ['1.2.3-4', '1.2.3-10'],
    ['1-2-9', '1-3-1'],
  ])('has %s before %s', (older, newer) => {
    expect(compareVersions(older, newer)).toBeLessThan(0);
    expect(compareVersions(newer, older)).toBeGreaterThan(0);
    expect(compareVersions(older, older)).toBe(0);
  });
});
