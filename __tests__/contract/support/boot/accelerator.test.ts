import { existsSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { findAccelerator, runsGuest } from '../../../support/boot/accelerator.ts';

describe('the accelerator', () => {
  it('always has a way to run a guest', () => {
    expect(runsGuest('tcg')).toBe(true);
  });

  it('is KVM only where the device is there and a guest really runs', () => {
    const accelerator = findAccelerator();

    console.log(`/dev/kvm ${existsSync('/dev/kvm') ? 'is' : 'is not'} there; found ${accelerator}`);
    expect(['kvm', 'tcg']).toContain(accelerator);
    if (!existsSync('/dev/kvm')) expect(accelerator).toBe('tcg');
    expect(runsGuest(accelerator)).toBe(true);
  });
});
