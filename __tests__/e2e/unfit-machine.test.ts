import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { onMachine, withMemory, without } from '../support/stand-in/private-machine.ts';
import { installStandIn } from '../support/stand-in/stand-in.ts';
import {
  type BuildOptions,
  createWorkbench,
  nothing,
  type Workbench,
} from '../support/stand-in/workbench.ts';
import { createSudoUser, type SudoUser } from '../support/sudo-user.ts';

let bench: Workbench;
let user: SudoUser;
/** An account without any right. */
const nobody = { uid: 65534, gid: 65534, name: 'nobody', home: '/nonexistent' };

beforeAll(async () => {
  bench = await createWorkbench({ checkout: true });
  user = createSudoUser();
}, 30_000);
afterAll(async () => {
  user.remove();
  await bench.close();
});

/** Builds, and expects to be refused with exit code 3 before anything happened. */
async function expectRefused(name: string, options: BuildOptions): Promise<string> {
  const { status, stderr } = await bench.build(name, options).ended;
  expect({ status, stderr }).toMatchObject({ status: 3 });
  expect(stderr).not.toContain('Look at the package archives');
  expect(stderr).not.toContain('This is a bug');
  expect(bench.residue(name, stderr)).toEqual(nothing);
  return stderr;
}
const shared = (name: string): string => {
  const path = join(bench.directory, name);
  mkdirSync(path, { recursive: true });
  chmodSync(path, 0o1777);
  return path;
};

describe('the output directory', () => {
  it('that this user may not write to is told before the build, with the reason', async () => {
    const inputs = { 'output-dir': join(bench.directory, 'closed', 'images') };
    mkdirSync(join(bench.directory, 'closed'), { mode: 0o755 });
    const said = await expectRefused('closed', {
      user,
      inputs: { ...inputs, 'work-dir': shared('work-of-all') },
    });
    expect(said).toContain(`output-dir: ${inputs['output-dir']} cannot be written: EACCES`);
    expect(said).toContain('Give another directory in output-dir, or change its owner.');
  });

  it('that is a file is told as such', async () => {
    writeFileSync(join(bench.directory, 'a-file'), '');
    for (const path of ['a-file', 'a-file/below']) {
      const said = await expectRefused('file', { inputs: { 'output-dir': path } });
      expect(said).toMatch(/output-dir: \S*a-file\S* cannot be written: .*not a directory/);
    }
  });

  it('that has too little space is told with how much is needed', async () => {
    const place = shared('images-small');
    const said = await expectRefused('small', {
      inputs: { 'output-dir': place },
      within: onMachine(`mount -t tmpfs -o size=50m none ${place}`),
    });
    expect(said).toMatch(
      new RegExp(`output-dir: ${place} has 0\\.1 GB free, the build needs about \\d\\.\\d GB`),
    );
  });

  it('that holds a directory where the image belongs is told as such, and leaves nothing partial', async () => {
    const name = 'trove-guest-debian-bookworm.qcow2';
    mkdirSync(join(bench.outputDir('occupied'), name), { recursive: true });
    const { status, stderr } = await bench.build('occupied').ended;
    expect({ status, stderr }).toMatchObject({ status: expect.any(Number) });
    expect([3, 4]).toContain(status);
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('This is a bug');
    expect(readdirSync(bench.outputDir('occupied')).filter((each) => /partial/.test(each))).toEqual(
      [],
    );
    expect(bench.residue('occupied', stderr)).toEqual(nothing);
  });
});

describe('the work directory', () => {
  it('that does not exist is told as such', async () => {
    const inputs = { 'work-dir': join(bench.directory, 'nowhere') };
    const { status, stderr } = await bench.build('nowhere', { inputs }).ended;
    expect([2, 3]).toContain(status);
    expect(stderr).toContain(`work-dir: ${inputs['work-dir']}`);
    expect(stderr).not.toContain('This is a bug');
  });

  it('that has too little space is told with how much is needed, in memory or not', async () => {
    const place = bench.workDir('little');
    for (const memory of [16_000, 3000]) {
      const said = await expectRefused('little', {
        within: onMachine(
          withMemory(bench.directory, memory),
          `mount -t tmpfs -o size=50m none ${place}`,
        ),
      });
      expect(said).toMatch(
        new RegExp(`work-dir: ${place} has 0\\.1 GB free, the build needs about \\d\\.\\d GB`),
      );
    }
  });

  it.each(['nodev', 'noexec', 'nodev,noexec'])(
    'on a file system mounted %s is refused when memory is too short to build in it',
    async (options) => {
      const place = bench.workDir(options);
      const said = await expectRefused(options, {
        within: onMachine(
          withMemory(bench.directory, 3000),
          `mount -t tmpfs -o size=8g,${options} none ${place}`,
        ),
      });
      expect(said).toContain(`work-dir: ${place} is on a file system mounted ${options};`);
    },
  );

  it('on a file system mounted nodev,noexec is good enough when the build runs in memory', async () => {
    const place = bench.workDir('memory');
    const { status, stderr } = await bench.build('memory', {
      settings: { STAND_IN_DISK: 'yes' },
      within: onMachine(
        withMemory(bench.directory, 8000),
        `mount -t tmpfs -o size=3g,nodev,noexec none ${place}`,
      ),
    }).ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });
});

describe('the machine', () => {
  it('that has too little memory is refused with both numbers', async () => {
    const said = await expectRefused('no-memory', {
      within: onMachine(withMemory(bench.directory, 500)),
    });
    expect(said).toContain('0.5 GB of memory are available, the build needs about 1.1 GB.');
  });

  it('of another architecture is refused, and still shows the plan', async () => {
    const inputs = { architecture: 'arm64' };
    const said = await expectRefused('arm', { inputs });
    expect(said).toContain('architecture: arm64 cannot be built on this amd64 machine');
    const { status, stderr } = await bench.build('arm', { inputs, flags: ['--dry-run'] }).ended;
    expect(status).toBe(0);
    expect(stderr).toContain('-a arm64');
  });

  it('on which tools are missing is refused with install: none, each with its package', async () => {
    const said = await expectRefused('no-tools', {
      inputs: { install: 'none' },
      within: onMachine(
        without('/usr/bin/qemu-img', '/usr/sbin/debootstrap', '/usr/sbin/mkfs.vfat'),
      ),
    });
    for (const [tool, name] of [
      ['qemu-img', 'qemu-utils'],
      ['debootstrap', 'debootstrap'],
      ['mkfs.vfat', 'dosfstools'],
    ]) {
      expect(said).toContain(`${tool} is not installed, and install: none forbids to install it.`);
      expect(said).toContain(`Install the package ${name}`);
    }
  });

  it('without diskimage-builder is refused with install: none', async () => {
    const said = await expectRefused('no-builder', {
      inputs: { install: 'none' },
      environment: { XDG_CACHE_HOME: join(bench.directory, 'empty') },
      within: onMachine(without('/usr/bin/disk-image-create')),
    });
    expect(said).toContain('disk-image-create is not installed');
    expect(said).toContain('python3-diskimage-builder');
  });

  it('with a diskimage-builder that is too old is refused with install: none, with both versions', async () => {
    const old = installStandIn(shared('old'), '3.12.0');
    const said = await expectRefused('old-builder', {
      inputs: { install: 'none' },
      environment: { XDG_CACHE_HOME: old.cacheHome },
    });
    expect(said).toContain('disk-image-create is version 3.12.0, older than 3.13.0');
    rmSync(old.cacheHome, { recursive: true });
  });

  it('without apt is refused when something has to be installed, with the names of what is missing', async () => {
    const said = await expectRefused('no-apt', {
      inputs: { install: 'apt' },
      within: onMachine(without('/usr/bin/qemu-img', '/usr/bin/apt-get')),
    });
    expect(said).toContain(
      'has no apt; missing are the programs of the Debian packages qemu-utils.',
    );
  });
});

describe('a user', () => {
  const places = () => ({ 'work-dir': shared('work-of-all'), 'output-dir': shared('out-of-all') });

  it("who cannot become root is told so, with sudo's own words", async () => {
    const said = await expectRefused('nobody', { user: nobody, inputs: places() });
    expect(said).toMatch(/needs root, and nobody cannot become root: .*(password|sudoers)/);
    expect(said).toContain('Run it as root, or as a user with passwordless sudo.');
  });

  it('who is root only in an unprivileged container is told what the container needs', async () => {
    const said = await expectRefused('container', {
      user: nobody,
      inputs: places(),
      within: ['unshare', '--user', '--map-root-user', '--mount', '--'],
    });
    expect(said).toMatch(/no usable loop device|private mount namespace/);
    expect(said).toContain('--privileged');
  });

  it('who is root without the right to mount is told what the container needs', async () => {
    const said = await expectRefused('capabilities', {
      within: ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin', '--'],
    });
    expect(said).toContain('Root may not make a private mount namespace here');
    expect(said).toContain('--privileged');
  });

  it('may look at the plan without any right', async () => {
    const { status, stderr } = await bench.build('plan', {
      user: nobody,
      inputs: places(),
      flags: ['--dry-run'],
    }).ended;
    expect(status).toBe(0);
    expect(stderr).toContain('Warning: A build mounts file systems and needs root');
  });
});
