import { describe, expect, it } from '@jest/globals';
import { inputTable } from '../../../src/model/input-table.ts';
import { inputsOf, mistakesOf, type RawInputs } from '../support/inputs.ts';

describe('the defaults', () => {
  it('make a Debian trixie image of 5 GiB in images/', () => {
    expect(inputsOf()).toEqual({
      guestOs: 'debian',
      guestRelease: 'trixie',
      architecture: 'amd64',
      guestAgent: 'package',
      guestUsername: 'debian',
      elements: [],
      elementsPath: [],
      packages: [],
      environment: {},
      mirror: '',
      securityMirror: '',
      imageName: 'trove-guest-{os}-{release}[-dev]',
      trove: {
        path: '',
        repository: 'https://opendev.org/openstack/trove',
        ref: '',
        constraints: '',
      },
      development: null,
      datastores: [],
      backupImages: false,
      containerImages: [],
      troveConfig: '',
      registries: { authFile: '', insecure: [] },
      secrets: { rootPassword: '', registryLogins: [] },
      pythonIndex: '',
      formats: ['qcow2'],
      outputDir: '/srv/checkout/images',
      imageSizeGib: 5,
      compression: 'zstd',
      install: 'auto',
      cache: 'read-write',
      cacheBackend: 'auto',
      cachePath: '/home/builder/.cache/trove-image/layers',
      cacheMaxAgeDays: 7,
      cacheMaxSizeGib: 20,
      verify: 'inspect',
      publication: null,
      artifact: 'auto',
      retentionDays: 0,
      workDir: '/var/tmp',
      dryRun: false,
    });
  });

  it('are what an action gets that passes every input empty', () => {
    const empty = Object.fromEntries(inputTable.map(({ name }) => [name, '']));
    expect(inputsOf(empty)).toEqual(inputsOf());
  });

  it('are what comes of the defaults written out', () => {
    const written = Object.fromEntries(inputTable.map((spec) => [spec.name, spec.default]));
    expect(inputsOf(written)).toEqual(inputsOf());
  });

  it('take release and user from the operating system', () => {
    expect(inputsOf({ 'guest-os': 'ubuntu' })).toMatchObject({
      guestRelease: 'noble',
      guestUsername: 'ubuntu',
      guestAgent: 'source',
    });
  });
});

describe('values that are accepted', () => {
  const accepted = [
    [
      { elements: 'one two,three\nfour, five' },
      { elements: ['one', 'two', 'three', 'four', 'five'] },
    ],
    [{ elements: 'one one\tone' }, { elements: ['one'] }],
    [{ packages: 'libstdc++6, g++ 7zip' }, { packages: ['libstdc++6', 'g++', '7zip'] }],
    [{ formats: 'qcow2,raw vmdk\nvhd' }, { formats: ['qcow2', 'raw', 'vmdk', 'vhd'] }],
    [
      { 'elements-path': 'elements:/opt/more\n./a/../b/' },
      { elementsPath: ['/srv/checkout/elements', '/opt/more', '/srv/checkout/b'] },
    ],
    [
      { environment: 'DIB_A=1\n\n# why\n  DIB_B=two words, and = more \r\nDIB_C=' },
      { environment: { DIB_A: '1', DIB_B: 'two words, and = more', DIB_C: '' } },
    ],
    [
      { mirror: 'https://mirror.example.org/debian///' },
      { mirror: 'https://mirror.example.org/debian' },
    ],
    [
      { mirror: 'http://[2001:db8::1]:8080/debian' },
      { mirror: 'http://[2001:db8::1]:8080/debian' },
    ],
    [{ mirror: 'host' }, { mirror: 'host' }],
    [
      { 'image-name': '{os}-{release}-{architecture}-{trove}' },
      { imageName: '{os}-{release}-{architecture}-{trove}' },
    ],
    [{ 'output-dir': '/mnt/my images' }, { outputDir: '/mnt/my images' }],
    [
      { output: 'out/guest.vmdk' },
      { imageName: 'guest', formats: ['vmdk'], outputDir: '/srv/checkout/out' },
    ],
    [
      { output: 'guest.qcow2' },
      { imageName: 'guest', formats: ['qcow2'], outputDir: '/srv/checkout' },
    ],
    [{ output: '/srv/v1.2.raw' }, { imageName: 'v1.2', formats: ['raw'], outputDir: '/srv' }],
    [{ 'image-size': '3' }, { imageSizeGib: 3 }],
    [{ 'image-size': ' 100 ' }, { imageSizeGib: 100 }],
    [{ 'work-dir': '../scratch' }, { workDir: '/srv/scratch' }],
    [{ 'dry-run': 'true' }, { dryRun: true }],
    [{ cache: 'read-write' }, { cache: 'read-write' }],
    [{ cache: 'read' }, { cache: 'read' }],
    [{ cache: 'write' }, { cache: 'write' }],
    [{ cache: ' off ' }, { cache: 'off' }],
    [{ 'cache-backend': 'github' }, { cacheBackend: 'github' }],
    [{ 'cache-backend': 'directory' }, { cacheBackend: 'directory' }],
    [{ 'cache-path': '/srv/cache' }, { cachePath: '/srv/cache' }],
    [{ 'cache-path': '../kept/./layers/' }, { cachePath: '/srv/kept/layers' }],
    [{ 'cache-max-age': '0' }, { cacheMaxAgeDays: 0 }],
    [{ 'cache-max-age': '365' }, { cacheMaxAgeDays: 365 }],
    [{ 'cache-max-size': '1' }, { cacheMaxSizeGib: 1 }],
    [{ 'cache-max-size': '10000' }, { cacheMaxSizeGib: 10_000 }],
    [{ artifact: 'guest image of today' }, { artifact: 'guest image of today' }],
    [{ 'guest-username': 'trove-agent_1' }, { guestUsername: 'trove-agent_1' }],
  ] as const satisfies readonly (readonly [RawInputs, object])[];

  it.each(accepted)('reads %j', (raw, expected) => {
    expect(inputsOf(raw)).toMatchObject(expected);
  });

  it('drops a comment in a list of words to the end of its line', () => {
    expect(inputsOf({ elements: 'one # the old plugin\ntwo' }).elements).toEqual(['one', 'two']);
  });
});

describe('several mistakes', () => {
  it('are all reported at once, in one error', () => {
    const mistakes = mistakesOf({
      'guest-os': 'debain',
      elements: 'good ../bad',
      'image-size': '2',
      mirror: 'ftp://mirror.example.org',
      environment: 'PATH=/opt\nX',
      formats: 'qcow3',
      colour: 'red',
    });
    expect(mistakes.map(({ message }) => message.split(/[: ]/)[0])).toEqual([
      '"colour"',
      'guest-os',
      'formats',
      'elements',
      'environment',
      'environment',
      'mirror',
      'image-size',
    ]);
    expect(mistakes.every(({ hint, code }) => hint !== '' && code !== '')).toBe(true);
  });
});

describe('the nearest match', () => {
  const slips = [
    [{ 'guest-os': 'debain' }, 'Did you mean "debian"?'],
    [{ 'guest-os': 'Ubuntu' }, 'Did you mean "ubuntu"?'],
    [{ 'guest-release': 'bokworm' }, 'Did you mean "bookworm"?'],
    [{ architecture: 'arm46' }, 'Did you mean "arm64"?'],
    [{ formats: 'qcow' }, 'Did you mean "qcow2"?'],
    [{ compression: 'zst' }, 'Did you mean "zstd"?'],
    [{ verify: 'inspct' }, 'Did you mean "inspect"?'],
    [{ cache: 'readwrite' }, 'Did you mean "read-write"?'],
    [{ 'cache-backend': 'gihub' }, 'Did you mean "github"?'],
    [{ 'cache-paht': '/srv/cache' }, 'Did you mean "cache-path"?'],
    [{ 'image-sise': '5' }, 'Did you mean "image-size"?'],
    [{ element: 'x' }, 'Did you mean "elements"?'],
  ] as const satisfies readonly (readonly [Readonly<Record<string, string>>, string])[];

  it.each(slips)('of %j is named', (raw, suggestion) => {
    expect(mistakesOf(raw).map(({ message }) => message)).toEqual([
      expect.stringContaining(suggestion),
    ]);
  });

  it('is not named when nothing looks alike', () => {
    expect(mistakesOf({ 'guest-os': 'windows' })[0]?.message).not.toContain('Did you mean');
    expect(mistakesOf({ xyzzy: '1' })).toEqual([
      {
        code: 'unknown-input',
        message: '"xyzzy" is not an input.',
        hint: 'Use one of the inputs of --help.',
      },
    ]);
  });

  it('of a release of the other system is its operating system', () => {
    const [mistake] = mistakesOf({ 'guest-release': 'jammy' });
    expect(mistake?.message).toContain('noble, jammy or focal for ubuntu');
  });
});

describe('a release without a guest agent', () => {
  it('says that there is no package, and what to use', () => {
    expect(
      mistakesOf({ 'guest-os': 'ubuntu', 'guest-release': 'noble', 'guest-agent': 'package' }),
    ).toEqual([
      {
        code: 'no-agent-package',
        message:
          'guest-release: ubuntu noble has no trove-guestagent package, which guest-agent: package installs.',
        hint: 'Use guest-agent: source, or debian trixie (Trove 23), debian bookworm (Trove 18), ubuntu jammy (Trove 17).',
      },
    ]);
  });
});

describe('output', () => {
  const conflicts = [
    [{ output: 'a.qcow2', 'output-dir': 'elsewhere' }, 'output-dir, which is "elsewhere"'],
    [{ output: 'a.qcow2', 'image-name': 'b' }, 'image-name, which is "b"'],
    [{ output: 'a.qcow2', formats: 'raw' }, 'formats, which is "raw"'],
  ] as const satisfies readonly (readonly [RawInputs, string])[];

  it.each(conflicts)('is refused in %j, since two inputs say the same', (raw, conflict) => {
    expect(mistakesOf(raw).map(({ message }) => message)).toEqual([
      expect.stringMatching(new RegExp(`^output: .*${conflict}`)),
    ]);
  });

  it('stands beside the defaults of what it replaces, which an action always passes', () => {
    const defaults = {
      'output-dir': 'images',
      formats: 'qcow2',
      'image-name': 'trove-guest-{os}-{release}[-dev]',
    };
    expect(mistakesOf({ output: 'a.raw', ...defaults })).toEqual([]);
  });
});

describe('mirror-security', () => {
  it('is refused without a URL in mirror', () => {
    const url = 'http://mirror.example.org/debian-security';
    for (const mirror of ['', 'host']) {
      expect(mistakesOf({ mirror, 'mirror-security': url })[0]?.message).toMatch(
        /^mirror-security: .* together with a URL in mirror/,
      );
    }
  });

  it('is refused for ubuntu, whose element writes every suite with the URL of the mirror', () => {
    const [mistake] = mistakesOf({
      'guest-os': 'ubuntu',
      mirror: 'http://mirror.example.org/ubuntu',
      'mirror-security': 'http://security.example.org/ubuntu',
    });
    expect(mistake?.message).toMatch(/^mirror-security: /);
  });
});
