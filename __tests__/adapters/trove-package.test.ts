import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createCommands } from '../../src/adapters/commands.ts';
import { createFiles } from '../../src/adapters/files.ts';
import { TroveImageError } from '../../src/errors.ts';
import { readPackageDefaults, readTreeDefaults } from '../../src/stages/read-trove-defaults.ts';
import { fakeLog } from '../stages/fakes.ts';
import { projectDirectory } from '../support/checkout.ts';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
// apt's own user and others have to reach the archive
const folder = mkdtempSync('/var/tmp/trove-package-test-');
chmodSync(folder, 0o755);
const archive = join(folder, 'archive');
const commands = createCommands({ PATH, HOME: folder }, true);
const hostDir = join(projectDirectory, 'host');
const gpg = (...words: readonly string[]): void =>
  void execFileSync('gpg', ['--homedir', join(folder, 'keys'), '--batch', '--yes', ...words], {
    stdio: 'ignore',
  });

/** A signed archive with one package of a Trove that has one datastore. */
beforeAll(() => {
  const tree = join(folder, 'package');
  const common = join(tree, 'usr/lib/python3/dist-packages/trove/common');
  mkdirSync(join(tree, 'DEBIAN'), { recursive: true });
  mkdirSync(common, { recursive: true });
  writeFileSync(
    join(common, 'cfg.py'),
    "g = cfg.OptGroup('mysql')\no = [cfg.StrOpt('docker_image', default='mysql')]\nCONF.register_opts(o, g)\n",
  );
  writeFileSync(
    join(tree, 'DEBIAN/control'),
    'Package: python3-trove\nVersion: 1:18.0.0-2\nArchitecture: all\nMaintainer: Test <root@localhost>\nDescription: test\n',
  );
  const pool = join(archive, 'pool');
  const suite = join(archive, 'dists/bookworm');
  mkdirSync(join(suite, 'main/binary-amd64'), { recursive: true });
  mkdirSync(pool);
  const file = join(pool, 'trove.deb');
  execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, file], { stdio: 'ignore' });
  const sha256 = (path: string): string =>
    createHash('sha256').update(readFileSync(path)).digest('hex');
  const control = readFileSync(join(tree, 'DEBIAN/control'), 'utf8');
  const index = join(suite, 'main/binary-amd64/Packages');
  writeFileSync(
    index,
    `${control}Filename: pool/trove.deb\nSize: ${statSync(file).size}\nSHA256: ${sha256(file)}\n\n`,
  );
  writeFileSync(
    join(suite, 'Release'),
    `Suite: bookworm\nCodename: bookworm\nArchitectures: amd64\nComponents: main\nDate: ${new Date().toUTCString()}\nSHA256:\n ${sha256(index)} ${statSync(index).size} main/binary-amd64/Packages\n`,
  );
  mkdirSync(join(folder, 'keys'), { mode: 0o700 });
  gpg('--passphrase', '', '--quick-generate-key', 'test', 'rsa2048');
  gpg('--passphrase', '', '--quick-generate-key', 'stranger', 'rsa2048');
  gpg('--output', join(folder, 'right.gpg'), '--export', 'test');
  gpg('--output', join(folder, 'wrong.gpg'), '--export', 'stranger');
  gpg(
    '--local-user',
    'test',
    '--output',
    join(suite, 'InRelease'),
    '--clear-sign',
    join(suite, 'Release'),
  );
}, 60_000);
afterAll(() => {
  execFileSync('gpgconf', ['--homedir', join(folder, 'keys'), '--kill', 'all']);
  rmSync(folder, { recursive: true });
});

let count = 0;
function readFrom(keyring: string, url = `file://${archive}`, runner = commands) {
  count += 1;
  const directory = join(folder, `work-${count}`);
  const log = fakeLog();
  const read = readPackageDefaults(
    { commands: runner, files: createFiles(), log },
    {
      ...{ hostDir, directory, troveConfig: '', release: 'bookworm', architecture: 'amd64' },
      archives: [{ name: 'default', url, suite: 'bookworm' }],
      ...{ components: ['main'], keyring: join(folder, keyring) },
    },
  );
  return { read, directory };
}

async function refusalOf(call: Promise<unknown>): Promise<readonly [string, string]> {
  const error = await call.then(() => null).catch((thrown: unknown) => thrown);
  if (!(error instanceof TroveImageError)) throw error ?? new Error('it did not fail');
  return [error.problems[0]?.code ?? '', error.problems[0]?.message ?? ''];
}

describe("the defaults of a release's own package", () => {
  it('are read from the package that apt has checked, and nothing of it stays', async () => {
    const { read, directory } = readFrom('right.gpg');
    expect(await read).toEqual({
      source: 'python3-trove 1:18.0.0-2 of bookworm',
      datastores: {
        mysql: {
          ...{ image: 'mysql', backupImage: null, versions: [] },
          backupName: { minorSuffix: false, versionTag: false },
        },
      },
    });
    expect(existsSync(directory)).toBe(false);
  });

  it('need no rights, and change nothing of the apt of this machine', async () => {
    const before = readdirSync('/var/lib/apt/lists').sort();
    const home = join(folder, 'home');
    mkdirSync(home);
    chownSync(home, 65534, 65534);
    const plain = (argv: readonly string[]): [string, ...string[]] => [
      ...(['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] as const),
      ...argv,
    ];
    const runner: typeof commands = {
      run: async (argv, options) => {
        // the directories were made by this process
        await commands.run(['chown', '-R', '65534:65534', join(folder, `work-${count}`)]);
        return commands.run(plain(argv), options);
      },
    };
    const { read } = readFrom('right.gpg', `file://${archive}`, runner);
    // the folder is root's: what is made in it is removed by root
    expect(Object.keys((await read).datastores)).toEqual(['mysql']);
    rmSync(join(folder, `work-${count}`), { recursive: true, force: true });
    expect(readdirSync('/var/lib/apt/lists').sort()).toEqual(before);
  });

  it.each([
    ['is signed by somebody else', 'wrong.gpg', undefined, /NO_PUBKEY|not signed/],
    ['is not there', 'right.gpg', 'file:///nonexistent', /nonexistent/],
    ['does not answer', 'right.gpg', 'http://127.0.0.1:1/debian', /Could not connect|refused/],
  ])('are refused where the archive %s', async (_, keyring, url, reason) => {
    const { read, directory } = readFrom(keyring, url);
    expect(await refusalOf(read)).toEqual([
      'trove-defaults-unreadable',
      expect.stringMatching(reason),
    ]);
    expect(existsSync(directory)).toBe(false);
  });

  it('are refused where the package is another one than the archive has signed', async () => {
    const file = join(archive, 'pool/trove.deb');
    const bytes = readFileSync(file);
    writeFileSync(file, Buffer.concat([bytes.subarray(0, -1), Buffer.from('x')]));
    const refusal = await refusalOf(readFrom('right.gpg').read);
    writeFileSync(file, bytes);
    expect(refusal).toEqual([
      'trove-defaults-unreadable',
      expect.stringMatching(/Hash Sum mismatch|hash/i),
    ]);
  });
});

describe("an operator's file", () => {
  const tree = join(folder, 'package/usr/lib/python3/dist-packages');
  const read = (troveConfig: string) =>
    readTreeDefaults({ commands }, { hostDir, treePath: tree, source: 'a tree', troveConfig });

  it('is named beside the tree', async () => {
    const file = join(folder, 'trove-guestagent.conf');
    writeFileSync(file, '[mysql]\ndocker_image = registry.example.org/mysql\n');
    const { source, datastores } = await read(file);
    expect([source, datastores.mysql?.image]).toEqual([
      `${file} and a tree`,
      'registry.example.org/mysql',
    ]);
  });

  it('that cannot be read is refused under its input, and a tree under the one of datastores', async () => {
    expect(await refusalOf(read('/nonexistent'))).toEqual([
      'bad-trove-config',
      expect.stringContaining('trove-config: /nonexistent'),
    ]);
    const missing = { hostDir, treePath: '/nonexistent', source: 'a tree', troveConfig: '' };
    expect(await refusalOf(readTreeDefaults({ commands }, missing))).toEqual([
      'trove-defaults-unreadable',
      expect.stringContaining('datastores: the configuration of Trove in a tree'),
    ]);
  });
});
