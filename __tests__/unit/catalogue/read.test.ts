import { describe, expect, it } from '@jest/globals';
import { catalogueOf, withImages } from '../support/catalogue.ts';

const rawOf = (text: string): Record<string, unknown> =>
  Object.fromEntries(catalogueOf(text).images.map(({ id, raw }) => [id, raw]));
const rawOfOne = (text: string) => rawOf(withImages(`i:\n${text.replace(/^(?=.)/gm, '  ')}`)).i;

describe('a value of a catalogue', () => {
  it.each([
    ['guest-release: trixie', { 'guest-release': 'trixie' }],
    ['trove-ref: 8.10', { 'trove-ref': '8.10' }],
    ['trove-ref: "8.10"', { 'trove-ref': '8.10' }],
    ['trove-ref: 0x1F', { 'trove-ref': '0x1F' }],
    ['trove-ref: 0010', { 'trove-ref': '0010' }],
    ['trove-ref: 1e3', { 'trove-ref': '1e3' }],
    [
      'trove-ref: 123456789012345678901234567890',
      { 'trove-ref': '123456789012345678901234567890' },
    ],
    ['trove-ref: 2026-01-01', { 'trove-ref': '2026-01-01' }],
    ['trove-ref: .inf', { 'trove-ref': '.inf' }],
    ['trove-ref: !!str 8.10', { 'trove-ref': '8.10' }],
    ['image-size: 8', { 'image-size': '8' }],
    ['dev-mode: true', { 'dev-mode': 'true' }],
    ['dev-mode: TRUE', { 'dev-mode': 'true' }],
    ['dev-mode: "false"', { 'dev-mode': 'false' }],
    ['cache: off', { cache: 'off' }],
    ['artifact: no', { artifact: 'no' }],
    ["guest-release: ''", { 'guest-release': '' }],
    ['packages: []', { packages: '' }],
    ['packages: [htop, "gdb"]', { packages: 'htop gdb' }],
    ['packages: htop, gdb', { packages: 'htop, gdb' }],
    ['packages: |\n  htop\n  gdb\n', { packages: 'htop\ngdb\n' }],
    ['datastores: [mysql:8.4, postgresql:18]', { datastores: 'mysql:8.4 postgresql:18' }],
    ['elements-path: [a, b]', { 'elements-path': 'a\nb' }],
    ['environment: [A=1, "B=x y"]', { environment: 'A=1\nB=x y' }],
    [
      'environment: { A: 8.10, B: True, C: x=y, D: "" }',
      { environment: 'A=8.10\nB=True\nC=x=y\nD=' },
    ],
    ['environment: |\n  A=1\n  # no\n  B=2', { environment: 'A=1\n# no\nB=2\n' }],
    ['packages: &names [htop]', { packages: 'htop' }],
  ])('%j becomes %j', (text, raw) => {
    expect(rawOfOne(text)).toEqual(raw);
  });
});

describe('the images of a catalogue', () => {
  it('have the defaults, and what they say otherwise', () => {
    const text =
      'version: 1\ndefaults: { guest-release: trixie, packages: [a1, b1] }\nimages:\n  x: { packages: [c1] }\n  y:\n  z: {}\n';
    const all = { 'guest-release': 'trixie', packages: 'a1 b1' };
    expect(rawOf(text)).toEqual({ x: { ...all, packages: 'c1' }, y: all, z: all });
  });

  it('inherit over several entries, whatever their order', () => {
    const text = withImages(
      [
        'leaf: { extends: middle, packages: [p3], add: { elements: [e3] } }',
        'middle: { extends: root, abstract: true, add: { packages: [p2], elements: [e2] } }',
        'root: { abstract: true, guest-release: bookworm, packages: [p1], elements: [e1] }',
        'other: { extends: middle }',
      ].join('\n'),
    );
    const release = { 'guest-release': 'bookworm' };
    expect(rawOf(text)).toEqual({
      leaf: { ...release, packages: 'p3', elements: 'e1\ne2\ne3' },
      other: { ...release, packages: 'p1\np2', elements: 'e1\ne2' },
    });
    expect(catalogueOf(text).abstract).toEqual(['middle', 'root']);
  });

  it('append to the default of a list that nobody has set', () => {
    expect(rawOfOne('add: { formats: [raw], packages: [gdb] }')).toEqual({
      formats: 'qcow2\nraw',
      packages: 'gdb',
    });
  });

  it('append below a comment, not into it', () => {
    const text = withImages(
      'a: { abstract: true, packages: "htop # top" }\nb: { extends: a, add: { packages: [gdb] } }',
    );
    expect(rawOf(text).b).toEqual({ packages: 'htop # top\ngdb' });
  });

  it.each<[string, string, object]>([
    ['trove-path', 'trove-ref: master, trove-repository: /r', { 'trove-path': 'x' }],
    ['trove-ref', 'trove-path: p', { 'trove-ref': 'x' }],
    ['mirror', 'mirror: a, mirror-security: b', { mirror: 'x' }],
  ])('forget what a nearer %s takes the meaning from', (name, inherited, expected) => {
    const text = withImages(`a: { abstract: true, ${inherited} }\nb: { extends: a, ${name}: x }`);
    expect(rawOf(text).b).toEqual(expected);
  });

  it('keep what development needs only where they are for development', () => {
    const text =
      'version: 1\ndefaults: { ssh-dir: keys, controller-address: c }\nimages: { i: { matrix: { dev-mode: [false, true] } } }';
    expect(rawOf(text)).toEqual({
      i: { 'dev-mode': 'false' },
      'i-dev': { 'ssh-dir': 'keys', 'controller-address': 'c', 'dev-mode': 'true' },
    });
  });

  it('have their names in file names where {image} stands', () => {
    const text =
      'version: 1\ndefaults: { image-name: "site-{image}[-dev]" }\nimages: { i: { matrix: { guest-release: [trixie] } } }';
    expect(rawOf(text)['i-trixie']).toMatchObject({ 'image-name': 'site-i-trixie[-dev]' });
  });

  it('know where each text stands', () => {
    const text =
      'version: 1\ndefaults:\n  packages: [htop]\nimages:\n  i:\n    guest-os: debian\n    add: { packages: [gdb] }\n    matrix:\n      guest-release: [bookworm, trixie]\n';
    expect(catalogueOf(text).images[1]).toEqual({
      id: 'i-trixie',
      from: 'i',
      raw: { packages: 'htop\ngdb', 'guest-os': 'debian', 'guest-release': 'trixie' },
      origins: {
        packages: 'c.yml:7:12',
        'guest-os': 'c.yml:6:5',
        'guest-release': 'c.yml:9:33',
      },
    });
  });

  it.each([
    ['Windows lines', (text: string) => text.replaceAll('\n', '\r\n')],
    ['a byte order mark', (text: string) => `\ufeff${text}`],
    ['an end mark', (text: string) => `---\n${text}\n...\n`],
    ['an old version of YAML', (text: string) => `%YAML 1.1\n---\n${text}`],
    ['comments in other scripts', (text: string) => `# каталог 目録 🐬\n${text}`],
  ])('are read from text with %s', (_, change) => {
    const text = withImages('i:\n  guest-release: trixie\n  cache: off\n');
    expect(rawOf(change(text))).toEqual({ i: { 'guest-release': 'trixie', cache: 'off' } });
  });

  it('can have the names of methods of objects', () => {
    const text = withImages(
      'constructor: { guest-os: debian }\ntoString: { extends: constructor }',
    );
    expect(catalogueOf(text).images.map(({ id }) => id)).toEqual(['constructor', 'toString']);
  });
});
