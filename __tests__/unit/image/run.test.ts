import { describe, expect, it } from '@jest/globals';
import {
  composeCommand,
  composeComparisons,
  composeConversion,
  composeEnvironment,
} from '../../../src/core/image/run.ts';
import { healthyHost, hostFacts } from '../support/host.ts';
import { mistakesOf } from '../support/inputs.ts';
import { planOf } from '../support/plan.ts';

const workspace = { name: 'trove-image-Ab3dE9', path: '/var/tmp/trove-image-Ab3dE9' } as const;
const venvBuilder = {
  ...healthyHost.diskimageBuilder,
  executable: '/opt/venv/bin/disk-image-create',
  from: 'venv',
} as const;

describe('the environment of the run', () => {
  const environment = composeEnvironment(planOf(), hostFacts(), workspace, null, null);

  it('keeps every path inside the workspace', () => {
    for (const name of ['HOME', 'DIB_IMAGE_CACHE', 'DIB_LOCKFILES', 'DIB_MANIFEST_SAVE_DIR']) {
      expect(environment[name]).toMatch(/^\/var\/tmp\/trove-image-Ab3dE9\/[a-z]+$/);
    }
  });

  it('holds the plan, the run, and nothing of the caller', () => {
    const plan = planOf();
    const rest = Object.keys(environment).filter((name) => !(name in plan.environment));
    expect(environment).toMatchObject(plan.environment);
    expect(rest.sort()).toEqual([
      ...['DIB_DEBUG_TRACE', 'DIB_IMAGE_CACHE', 'DIB_LOCKFILES', 'DIB_MANIFEST_SAVE_DIR'],
      ...['DIB_NO_TIMESTAMP', 'ELEMENTS_PATH', 'HOME', 'LANG', 'PATH', 'PYTHONHASHSEED', 'USER'],
    ]);
  });

  it('puts a private diskimage-builder first on PATH, and does not repeat a system directory', () => {
    const own = composeEnvironment(
      planOf(),
      hostFacts({ diskimageBuilder: venvBuilder }),
      workspace,
      null,
      null,
    );
    expect(own.PATH).toMatch(/^\/opt\/venv\/bin:\/usr\/local\/sbin:/);
    expect(environment.PATH?.split(':')).toHaveLength(6);
  });

  it('tells debootstrap the keyring, beside what the plan tells it', () => {
    const https = planOf({ mirror: 'https://mirror.example.org/debian' });
    const run = composeEnvironment(https, hostFacts(), workspace, '/w/keyring.gpg', null);
    expect(run.DIB_DEBOOTSTRAP_EXTRA_ARGS).toBe(
      '--include=ca-certificates --keyring=/w/keyring.gpg',
    );
    expect(
      composeEnvironment(planOf(), hostFacts(), workspace, '/w/keyring.gpg', null)
        .DIB_DEBOOTSTRAP_EXTRA_ARGS,
    ).toBe('--keyring=/w/keyring.gpg');
    expect(environment).not.toHaveProperty('DIB_DEBOOTSTRAP_EXTRA_ARGS');
  });

  it("passes the machine's proxies on", () => {
    const proxies = { http_proxy: 'http://127.0.0.1:3128' };
    expect(
      composeEnvironment(planOf(), hostFacts({ proxies }), workspace, null, null),
    ).toMatchObject(proxies);
  });

  it('names the directory of the layers where there are any, and only there', () => {
    const run = composeEnvironment(planOf(), hostFacts(), workspace, null, '/w/layers');
    expect(run).toEqual({ ...environment, TROVE_IMAGE_LAYERS: '/w/layers' });
    expect(environment).not.toHaveProperty('TROVE_IMAGE_LAYERS');
  });

  it('sets nothing that the input environment would accept and then lose without a word', () => {
    const withLayers = composeEnvironment(planOf(), hostFacts(), workspace, null, '/w/layers');
    const lost = Object.keys(withLayers).filter(
      (name) =>
        !(name in planOf().environment) && mistakesOf({ environment: `${name}=x` }).length === 0,
    );
    expect(lost).toEqual([]);
  });
});

describe('the command line', () => {
  it('names a constant output, whatever the image is called', () => {
    const plan = planOf({ 'image-name': 'another', formats: 'vmdk' });
    expect(composeCommand(plan, hostFacts(), workspace)).toEqual([
      '/usr/bin/disk-image-create',
      ...['-o', '/var/tmp/trove-image-Ab3dE9/out/image.raw'],
      ...['--image-cache', '/var/tmp/trove-image-Ab3dE9/cache'],
      ...plan.arguments,
    ]);
  });
});

describe('the conversion', () => {
  const rows = [
    [
      'qcow2',
      'zstd',
      4,
      [
        'convert',
        '-m',
        '8',
        '-W',
        '-c',
        '-O',
        'qcow2',
        '-o',
        'compression_type=zstd',
        '-f',
        'raw',
        'a',
        'b',
      ],
    ],
    [
      'qcow2',
      'zlib',
      1,
      [
        'convert',
        '-m',
        '2',
        '-W',
        '-c',
        '-O',
        'qcow2',
        '-o',
        'compression_type=zlib',
        '-f',
        'raw',
        'a',
        'b',
      ],
    ],
    ['qcow2', 'none', 64, ['convert', '-m', '16', '-W', '-O', 'qcow2', '-f', 'raw', 'a', 'b']],
    [
      'vmdk',
      'zstd',
      4,
      ['convert', '-O', 'vmdk', '-o', 'subformat=streamOptimized', '-f', 'raw', 'a', 'b'],
    ],
    [
      'vhd',
      'zstd',
      4,
      ['convert', '-O', 'vpc', '-o', 'subformat=dynamic,force_size=on', '-f', 'raw', 'a', 'b'],
    ],
    ['raw', 'zstd', 4, ['convert', '-O', 'raw', '-f', 'raw', 'a', 'b']],
  ] as const;

  it.each(rows)('to %s, %s, on %d processors', (format, compression, processors, argv) => {
    expect(composeConversion(format, compression, 'a', 'b', processors)).toEqual(argv);
  });
});

describe('the comparison with the raw image', () => {
  const mebi = 1024 ** 2;
  /** [offset, size] that each comparison reads of both images; a size of undefined is the rest. */
  const rangesOf = (bytes: number) =>
    composeComparisons('qcow2', '/w/image.raw', '/o/guest.qcow2', bytes).map((argv) => {
      const [left, right] = argv.slice(2).map((node) => JSON.parse(node.replace(/^json:/, '')));
      expect([right.offset, right.size]).toEqual([left.offset, left.size]);
      return [left.offset, left.size];
    });

  it('is of two halves, each by names that qemu-img reads as JSON', () => {
    const file = (filename: string) => ({ driver: 'file', filename });
    const half = (range: object) => [
      'compare',
      '-q',
      `json:${JSON.stringify({ driver: 'raw', ...range, file: file('/w/image.raw') })}`,
      `json:${JSON.stringify({ driver: 'raw', ...range, file: { driver: 'qcow2', file: file('/o/guest.qcow2') } })}`,
    ];
    expect(composeComparisons('qcow2', '/w/image.raw', '/o/guest.qcow2', 64 * mebi)).toEqual([
      half({ offset: 0, size: 32 * mebi }),
      half({ offset: 32 * mebi }),
    ]);
  });

  it.each([5 * 1024 * mebi, 3 * 1024 * mebi, 65_536, 3 * 65_536, 131_071])(
    'of %d bytes leaves no byte out, and cuts where a cluster begins',
    (bytes) => {
      const [[start, size] = [], [middle, rest] = []] = rangesOf(bytes);
      expect([start, middle, rest]).toEqual([0, size, undefined]);
      expect(middle % 65_536).toBe(0);
      expect(middle).toBeLessThanOrEqual(bytes / 2);
      expect(middle).toBeGreaterThan(bytes / 2 - 65_536);
    },
  );

  it('reads a path with quotes and backslashes as it is', () => {
    const odd = '/o/a "b"\\c,d.qcow2';
    const [first = []] = composeComparisons('vpc', '/w/image.raw', odd, mebi);
    expect(JSON.parse((first[3] ?? '').replace(/^json:/, '')).file.file.filename).toBe(odd);
  });
});
