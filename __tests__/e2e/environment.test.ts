import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';
import type { RunResult } from '../support/runner.ts';
import { downloadArtifact } from '../support/stand-in/download.ts';
import { createWorkbench, type Workbench } from '../support/stand-in/workbench.ts';
import { createSudoUser, type SudoUser } from '../support/sudo-user.ts';

/** Values with characters that base64 and URLs write differently. */
const canaryOf = (name: string): string => `k7>${name.toLowerCase()}?/+secret~ü`;
const secretNames = [
  ...['GITHUB_TOKEN', 'AWS_SECRET_ACCESS_KEY', 'OS_PASSWORD', 'NPM_TOKEN', 'DB_PASSWD'],
  ...['DEPLOY_PRIVATE_KEY', 'SERVICE_CREDENTIALS', 'SOME_API_KEY', 'KEY_PASSPHRASE'],
];
const canaryNames = [...secretNames, 'PLAIN_NAME', 'DIB_STRAY', 'ELEMENTS_PATH', 'PYTHONSTARTUP'];
const canaries = Object.fromEntries(canaryNames.map((name) => [name, canaryOf(name)]));
const formsOf = (value: string): readonly string[] => [
  value,
  encodeURIComponent(value),
  ...[0, 1, 2].map((shift) =>
    Buffer.concat([Buffer.alloc(shift), Buffer.from(value)])
      .toString('base64')
      .slice(shift === 0 ? 0 : shift + 1, -4),
  ),
];

/** How programs write a secret: as it is, in a URL, and in base64, there also behind a name. */
const writtenAs = (value: string): readonly string[] => [
  value,
  encodeURIComponent(value),
  ...['', 'u:', 'me:', 'name:'].map((name) => Buffer.from(`${name}${value}`).toString('base64')),
];

const allowedNames = [
  ...['DIB_RELEASE', 'DIB_DISTRIBUTION_MIRROR', 'DIB_DEBIAN_COMPONENTS', 'DIB_APT_SOURCES_CONF'],
  ...['DIB_PYTHON_VERSION', 'DIB_CLOUD_INIT_DATASOURCES', 'DIB_APT_MINIMAL_CREATE_INTERFACES'],
  ...['GUEST_USERNAME', 'DIB_GRUB_TIMEOUT', 'PATH', 'HOME', 'LANG', 'USER', 'ELEMENTS_PATH'],
  ...['PYTHONHASHSEED', 'DIB_IMAGE_CACHE', 'DIB_LOCKFILES', 'DIB_MANIFEST_SAVE_DIR'],
  ...['DIB_NO_TIMESTAMP', 'DIB_DEBUG_TRACE', 'TMP_DIR', 'DIB_DEBIAN_DEBOOTSTRAP_SCRIPT'],
  // of bash itself
  ...['PWD', 'OLDPWD', 'SHLVL', '_'],
];

let bench: Workbench;
let service: ResultsService;
let user: SudoUser;
let run: RunResult;
const token = { runId: '00000000-0000-4000-8000-000000000001' };
const read = (name: string): string => readFileSync(join(run.workspace, 'images', name), 'latin1');

beforeAll(async () => {
  bench = await createWorkbench({ checkout: true });
  service = await startResultsService({ directory: join(bench.directory, 'service') });
  user = createSudoUser();
  run = await bench.act('canaries', {
    user,
    inputs: { formats: 'raw,qcow2', compression: 'none' },
    settings: {
      ...{ STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'tell' },
      ...{ STAND_IN_EMBED: 'yes', OWN_VARIABLE: 'of the user' },
    },
    extraEnv: { ...service.env(token), ...canaries },
  });
}, 60_000);
afterAll(async () => {
  user.remove();
  await service.close();
  await bench.close();
});

describe('the environment of diskimage-builder', () => {
  it('holds the variables of the plan, those of the user, and no other', () => {
    expect(run.main.exitCode).toBe(0);
    const told = /Running \S*01-package-installs\n(.*?)\n[^\n]*01-package-installs completed/s.exec(
      read('trove-guest-debian-bookworm.log'),
    )?.[1];
    const names = [...(told ?? '').matchAll(/^([A-Za-z_]\w*)=/gm)].map(([, name]) => name);
    const own = names.filter((name) => !/^STAND_IN_|^OWN_VARIABLE$/.test(name ?? ''));
    expect(names).toContain('OWN_VARIABLE');
    expect(own.filter((name) => !allowedNames.includes(name ?? ''))).toEqual([]);
    expect(own).toEqual(expect.arrayContaining(['TMP_DIR', 'DIB_RELEASE', 'ELEMENTS_PATH']));
  });

  it('is what the image would tell if an element left it there', () => {
    const raw = join(run.workspace, 'images', 'trove-guest-debian-bookworm.raw');
    const text = execFileSync(
      'debugfs',
      ['-R', 'cat var/lib/environment-of-the-build', `${raw}?offset=10485760`],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
    );
    expect(text).toContain('OWN_VARIABLE=of the user');
    expect(text).toMatch(/^HOME=\S*\/trove-image-\w{6}\/home$/m);
  });

  it('lets no value of ours into image, log, manifest, sums, summary or artifact: raw, base64 or URL-encoded', async () => {
    const zip = join(bench.directory, 'companions.zip');
    await downloadArtifact(service, token, 'trove-guest-debian-bookworm-build', zip);
    const places: Readonly<Record<string, string>> = {
      ...Object.fromEntries(
        readdirSync(join(run.workspace, 'images')).map((name) => [name, read(name)]),
      ),
      'the log of main': Buffer.from(run.main.log).toString('latin1'),
      'the log of post': Buffer.from(run.post?.log ?? '').toString('latin1'),
      summary: Buffer.from(run.main.summary).toString('latin1'),
      artifact: execFileSync(
        '/usr/bin/python3',
        [
          '-c',
          'import sys,zipfile\nz=zipfile.ZipFile(sys.argv[1])\nfor n in z.namelist(): sys.stdout.buffer.write(z.read(n))',
          zip,
        ],
        { encoding: 'latin1' },
      ),
    };
    expect(Object.keys(places)).toHaveLength(9);
    expect(places.artifact).toContain('Build completed successfully');
    const needles = Object.values(canaries)
      .flatMap(formsOf)
      .map((form) => Buffer.from(form).toString('latin1'));
    for (const [place, text] of Object.entries(places)) {
      expect({ place, hits: needles.filter((needle) => text.includes(needle)) }).toEqual({
        place,
        hits: [],
      });
    }
  });
});

describe('a secret of the job that gets into the build by another way', () => {
  it('is *** in the log, on the page of the job, and in the summary of the failure', async () => {
    const text = join(bench.directory, 'leak.txt');
    const secrets = secretNames.map(canaryOf);
    const lines = secrets.flatMap(writtenAs).map((form) => `it is ${form} here`);
    writeFileSync(text, `${lines.join('\n')}\nsee https://name:word@archive.example.org/x\n`);
    const failed = await bench.act('leak', {
      inputs: { artifact: 'off' },
      settings: {
        ...{ STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'fail' },
        ...{ STAND_IN_TEXT: text },
      },
      extraEnv: canaries,
    });
    expect(failed.main.exitCode).toBe(4);
    const log = readFileSync(
      join(failed.workspace, 'images', 'trove-guest-debian-bookworm.failed.log'),
      'utf8',
    );
    expect(log.match(/it is \S*\*\*\*\S* here/g)).toHaveLength(lines.length);
    for (const place of [log, failed.main.log, failed.main.summary]) {
      expect(secrets.flatMap(formsOf).filter((form) => place.includes(form))).toEqual([]);
      expect(place).not.toContain('name:word@');
    }
  });
});

describe('a secret that an input holds', () => {
  const password = 'k7-root-Password?/+';
  const registry = 'k7-registry-Password?/+';

  it('is masked on the page, and *** in the log and the summary, however the build writes it', async () => {
    const text = join(bench.directory, 'input-leak.txt');
    const lines = [password, registry].flatMap(writtenAs).map((form) => `it is ${form} here`);
    writeFileSync(text, `${lines.join('\n')}\n`);
    const failed = await bench.act('input-leak', {
      inputs: {
        artifact: 'off',
        'root-password': password,
        'registry-login': `registry.example.org me ${registry}`,
      },
      settings: {
        ...{ STAND_IN_AT: 'install.d/01-package-installs', STAND_IN_DO: 'fail' },
        ...{ STAND_IN_TEXT: text },
      },
    });
    expect(failed.main.exitCode).toBe(4);
    expect(failed.main.masks).toEqual(expect.arrayContaining([password, registry]));
    const log = readFileSync(
      join(failed.workspace, 'images', 'trove-guest-debian-bookworm.failed.log'),
      'utf8',
    );
    expect(log.match(/it is \S*\*\*\*\S* here/g)).toHaveLength(lines.length);
    // the command that masks has to say what; all else must not
    const written = failed.main.log.replace(/^::add-mask::.*$/gm, '');
    for (const place of [log, written, failed.main.visibleLog, failed.main.summary])
      expect([password, registry].flatMap(formsOf).filter((form) => place.includes(form))).toEqual(
        [],
      );
  });

  it('is in no argument, variable or file that is left', async () => {
    const { status, stderr } = await bench.build('input-secret', {
      flags: ['--dry-run'],
      environment: { TROVE_IMAGE_ROOT_PASSWORD: password },
    }).ended;
    expect({ status, shown: stderr.includes(password) }).toEqual({ status: 0, shown: false });
    expect(stderr).toContain('root-password');
  });
});

describe('the environment of the command line', () => {
  it('may have the short PATH that cron gives: all programs are found', async () => {
    const { status, stderr } = await bench.build('cron', { environment: { PATH: '/usr/bin:/bin' } })
      .ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });
  });

  it('decides nothing by what stands earlier in PATH', async () => {
    const trap = join(bench.directory, 'trap');
    mkdirSync(trap);
    for (const name of ['qemu-img', 'sudo', 'losetup', 'unshare', 'env', 'kill', 'rm']) {
      writeFileSync(join(trap, name), `#!/bin/sh\ntouch ${trap}/sprung\nexit 1\n`, { mode: 0o755 });
    }
    const { status, stderr } = await bench.build('trap', {
      environment: { PATH: `${trap}:/usr/bin:/bin` },
    }).ended;
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(readdirSync(trap)).not.toContain('sprung');
  });

  it('passes a proxy on to the build and asks the archive through it, but never its password', async () => {
    const proxied = await bench.build('proxy', {
      settings: { STAND_IN_AT: 'root.d/08-debootstrap', STAND_IN_DO: 'tell' },
      inputs: {
        mirror: 'http://archive.invalid/debian',
        'mirror-security': 'http://archive.invalid/debian',
      },
      environment: { http_proxy: new URL(bench.archive.mirror).origin },
      flags: ['--verbose'],
    }).ended;
    expect({ status: proxied.status, stderr: proxied.stderr }).toMatchObject({ status: 0 });
    expect(proxied.stderr).toContain(`http_proxy=${new URL(bench.archive.mirror).origin}`);
    expect(bench.archive.requests).toContainEqual(
      expect.stringMatching(/^http:\/\/archive\.invalid\/debian\/dists\/bookworm\/InRelease$/),
    );

    const withPassword = await bench.build('password', {
      settings: { STAND_IN_AT: 'root.d/08-debootstrap', STAND_IN_DO: 'tell' },
      environment: { https_proxy: 'http://name:pass-word@127.0.0.1:1' },
      flags: ['--verbose'],
    }).ended;
    expect(withPassword.stderr).not.toContain('pass-word');
  });
});
