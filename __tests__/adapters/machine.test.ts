import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { arch, availableParallelism, release, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCommands } from '../../src/adapters/commands.ts';
import { createMachine } from '../../src/adapters/machine.ts';
import { type HostFacts, requiredTools } from '../../src/model/host.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const directory = mkdtempSync(join(tmpdir(), 'machine-test-'));
const read = (environment: Record<string, string> = {}): Promise<HostFacts> =>
  createMachine(createCommands({ PATH }, true), environment).read({
    workDir: directory,
    outputDir: join(directory, 'images'),
    venvDir: join(directory, 'venv'),
  });
let facts: HostFacts;

beforeAll(async () => {
  facts = await read();
});
afterAll(() => rmSync(directory, { recursive: true }));

describe('the facts of this machine', () => {
  it('name system, architecture, kernel and user as the system does', () => {
    expect(facts).toMatchObject({
      platform: 'linux',
      architecture: { x64: 'amd64', arm64: 'arm64' }[arch() as string],
      kernel: release(),
      processors: availableParallelism(),
      user: { uid: 0, gid: 0, name: 'root', canBeRoot: true },
    });
    const osRelease = execFileSync(
      'sh',
      ['-c', '. /etc/os-release; echo "$ID,$VERSION_CODENAME,$PRETTY_NAME"'],
      { encoding: 'utf8' },
    ).trim();
    expect(Object.values(facts.os).join(',')).toBe(osRelease);
  });

  it('hold free memory between nothing and all of it', () => {
    expect(facts.memoryAvailableBytes).toBeGreaterThan(50_000_000);
    expect(facts.memoryAvailableBytes).toBeLessThanOrEqual(totalmem());
  });

  it('tell what the kernel can do, tried and not guessed, and leave no trace of the trial', () => {
    expect(facts.kernelFeatures).toMatchObject({ canMount: true, loopDevices: true });
    const mounts = execFileSync('findmnt', ['--noheadings', '--output', 'SOURCE,TARGET'], {
      encoding: 'utf8',
    });
    expect(mounts).not.toMatch(/trove-image\s+\/mnt/);
  });

  it('name every tool that a build needs, with the path at which it is', () => {
    expect(Object.keys(requiredTools).filter((tool) => !facts.executables[tool])).toEqual([]);
    for (const path of Object.values(facts.executables)) expect(existsSync(path)).toBe(true);
  });

  it("hold the host's diskimage-builder with version, elements and the archives that those name", () => {
    const version = execFileSync(
      '/usr/bin/python3',
      ['-c', 'import importlib.metadata as m; print(m.version("diskimage-builder"))'],
      { encoding: 'utf8' },
    ).trim();
    expect(facts.diskimageBuilder).toMatchObject({ from: 'host', version });
    expect(existsSync(join(facts.diskimageBuilder?.elementsDir ?? '', 'debian-minimal'))).toBe(
      true,
    );
    const { ubuntu, ...debian } = facts.diskimageBuilder?.defaultMirrors ?? { ubuntu: {} };
    for (const url of [...Object.values(debian), ...Object.values(ubuntu)]) {
      expect(url).toMatch(/^https?:\/\/[^/\s]+(\/\S*)?[^/]$/);
    }
  });

  it('hold bootstrap scripts, keyrings and package sources of this machine', () => {
    expect(facts.debootstrapScripts).toEqual(expect.arrayContaining(['sid', 'bookworm']));
    for (const path of facts.keyrings) expect(existsSync(path)).toBe(true);
    for (const [path, text] of Object.entries(facts.aptSources)) {
      expect(path).toMatch(/^\/etc\/apt\/sources\.list/);
      expect(text).not.toBe('');
    }
  });

  it('hold both directories, also one that does not exist yet', () => {
    expect(facts.workDir).toMatchObject({ path: directory, exists: true, writable: true });
    expect(facts.outputDir).toMatchObject({ exists: false, writable: true });
  });
});

describe('proxies of the environment', () => {
  it('are taken in small and capital letters, but never with a password or odd characters', async () => {
    const { proxies } = await read({
      http_proxy: 'http://proxy.example.org:3128',
      HTTPS_PROXY: 'http://name:word@proxy.example.org:3128',
      NO_PROXY: 'localhost,127.0.0.1,.example.org',
    });
    expect(proxies).toEqual({
      http_proxy: 'http://proxy.example.org:3128',
      no_proxy: 'localhost,127.0.0.1,.example.org',
    });
    expect((await read({ http_proxy: 'http://$(id)' })).proxies).toEqual({});
  });
});
