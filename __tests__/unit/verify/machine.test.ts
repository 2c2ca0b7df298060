import { describe, expect, it } from '@jest/globals';
import {
  chooseLimits,
  composeProbe,
  composeProbeDisk,
  composeQemu,
  guestCards,
} from '../../../src/core/verify/machine.ts';
import { machine } from './support.ts';

/** The values that follow an option. */
const valuesOf = (argv: readonly string[], option: string): readonly string[] =>
  argv.flatMap((word, index) => (word === option ? [argv[index + 1] ?? ''] : []));

describe('the command that runs a guest', () => {
  const argv = composeQemu(machine, '/opt/host');

  it('gives it the disks in the order of their names: system, data, config drive', () => {
    expect(valuesOf(argv, '-drive')).toEqual([
      'file=/srv/guest/system.qcow2,if=virtio,format=qcow2,cache=unsafe',
      'file=/srv/guest/data.raw,if=virtio,format=raw,cache=unsafe',
      'file=/srv/guest/config-drive.iso,if=ide,media=cdrom,format=raw,readonly=on',
    ]);
  });

  it('gives it two cards that lead nowhere, but for one address that stands for the broker', () => {
    const bus = "'/usr/bin/python3' '-I' '/opt/host/guest-forward' '/srv/guest/broker.log'";
    expect(valuesOf(argv, '-netdev')).toEqual([
      'user,id=tenant,net=10.0.3.0/24,restrict=on',
      `user,id=management,net=10.0.2.0/24,restrict=on,guestfwd=tcp:10.0.2.100:5672-cmd:${bus}`,
    ]);
    expect(valuesOf(argv, '-device').filter((value) => value.includes('net-pci'))).toEqual(
      guestCards.map(({ name, mac }) => `virtio-net-pci,netdev=${name},mac=${mac},romfile=`),
    );
  });

  it('leads to a real broker, and into the guest, where there is one', () => {
    const wired = { brokerPort: 20123, databaseForward: { hostPort: 23306, guestPort: 3306 } };
    const [tenant, management] = valuesOf(
      composeQemu({ ...machine, ...wired }, '/opt/host'),
      '-netdev',
    );
    expect(tenant).toMatch(/,restrict=on,hostfwd=tcp:127\.0\.0\.1:23306-:3306$/);
    expect(management).toMatch(/'\/srv\/guest\/broker\.log' '20123'$/);
  });

  it('keeps paths whole that hold commas, blanks and quotes', () => {
    const odd = { ...machine, overlayPath: '/a,b/x', brokerLogPath: "/it's/log, too" };
    const words = composeQemu(odd, '/my host');
    expect(valuesOf(words, '-drive')[0]).toContain('file=/a,,b/x,if=');
    expect(valuesOf(words, '-netdev')[1]).toContain(
      "cmd:'/usr/bin/python3' '-I' '/my host/guest-forward' '/it'\\''s/log,, too'",
    );
  });

  it('names the accelerator', () => {
    expect(valuesOf(argv, '-accel')).toEqual(['tcg,thread=multi']);
    const fast = composeQemu({ ...machine, accelerator: 'kvm' }, '/opt/host');
    expect([valuesOf(fast, '-accel'), valuesOf(fast, '-cpu')]).toEqual([['kvm'], ['host']]);
  });
});

describe('the guest that shows that an accelerator works', () => {
  it('is a boot sector', () => {
    const disk = composeProbeDisk();
    expect([disk[510], disk[511]]).toEqual([0x55, 0xaa]);
    expect(valuesOf(composeProbe('/w/p', 'kvm'), '-accel')).toEqual(['kvm']);
  });
});

describe('the limits of a guest', () => {
  it('are longer in all where a second part looks at it', () => {
    const [alone, both] = [chooseLimits('tcg', null, false), chooseLimits('tcg', null, true)];
    expect(both).toEqual({ ...alone, totalMs: 1_200_000 });
    expect(chooseLimits('kvm', null, true).totalMs).toBe(480_000);
  });

  it('are longer without KVM', () => {
    const [fast, slow] = [chooseLimits('kvm', null, false), chooseLimits('tcg', null, false)];
    for (const name of ['totalMs', 'silenceMs', 'graceMs'] as const)
      expect(slow[name]).toBeGreaterThan(fast[name]);
  });

  it('are what a person says; more time in all is more for each part, less is not less', () => {
    const usual = chooseLimits('tcg', null, false);
    expect(chooseLimits('tcg', 1800, false)).toEqual({
      totalMs: 1_800_000,
      silenceMs: 2 * usual.silenceMs,
      graceMs: 2 * usual.graceMs,
    });
    expect(chooseLimits('tcg', 60, false)).toEqual({ ...usual, totalMs: 60_000 });
  });
});
