import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createCloudClient } from '../../src/adapters/cloud-client.ts';

const { signal } = new AbortController();

const directory = mkdtempSync(join(tmpdir(), 'cloud client-'));
afterAll(() => rmSync(directory, { recursive: true }));

/** A directory with an `openstack` that does this. */
function makeClient(name: string, script: string): string {
  const place = join(directory, name);
  mkdirSync(place);
  writeFileSync(join(place, 'openstack'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(place, 'openstack'), 0o755);
  return place;
}
const echo = makeClient('echo', 'env -0; printf "\\001"; printf "%s\\0" "$@"; printf "\\001"; cat');
const run = async (
  environment: Readonly<Record<string, string | undefined>>,
  words: readonly string[] = [],
  more: Readonly<Record<string, string>> = {},
  input = '',
) => {
  const { stdout } = await createCloudClient({ PATH: echo, ...environment }, signal).run(
    words,
    more,
    input,
  );
  const [variables = '', args = '', said] = stdout.split('\u0001');
  const entries = variables
    .split('\0')
    .filter((line) => line !== '' && !/^(PWD|_|SHLVL|OLDPWD)=/.test(line));
  return { variables: entries.toSorted(), args: args.split('\0').slice(0, -1), said };
};

describe("OpenStack's client", () => {
  const usual = [`HOME=/home/user`, 'LANG=C.UTF-8', `PATH=${echo}:/usr/local/bin:/usr/bin:/bin`];

  it('sees what its login and its way out need, and nothing else of the environment', async () => {
    const needed = {
      ...{ OS_CLOUD: 'a', OS_PASSWORD: 'p', OS_IDENTITY_API_VERSION: '3', OS_CACERT: '/c' },
      ...{ OS_CLIENT_CONFIG_FILE: '/x', XDG_CONFIG_HOME: '/y', XDG_CONFIG_DIRS: '/z' },
      ...{ http_proxy: 'h', HTTPS_PROXY: 's', no_proxy: 'n', REQUESTS_CA_BUNDLE: '/b' },
    };
    const stray = {
      ...{ GITHUB_TOKEN: 'x', AWS_SECRET_ACCESS_KEY: 'x', TROVE_IMAGE_CLOUDS_YAML: 'x' },
      ...{ ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'x', PYTHONPATH: '/evil', LD_PRELOAD: '/evil.so' },
      ...{
        XDG_CACHE_HOME: '/x',
        NOT_OS_CLOUD: 'x',
        OS: 'x',
        OS_UNSET: undefined,
        HTTP_PROXY_X: 'x',
      },
    };
    const { variables } = await run({ HOME: '/home/user', ...needed, ...stray });
    const expected = Object.entries(needed).map(([name, value]) => `${name}=${value}`);
    expect(variables).toEqual([...usual, ...expected].toSorted());
  });

  it('sees what is given to one call, which wins', async () => {
    const { variables } = await run({ HOME: '/home/user', OS_CLOUD: 'a' }, [], { OS_CLOUD: 'b' });
    expect(variables).toEqual([...usual, 'OS_CLOUD=b'].toSorted());
  });

  it('has a home directory also where the environment has none', async () => {
    expect((await run({ HOME: '' })).variables).toContain(`HOME=${homedir()}`);
  });

  it('gets its words as they are: no shell looks at them', async () => {
    const odd = ['a b', '$HOME', '$(id)', '"', "'", '\\', '', '--x=1', 'line\nbreak', 'ü*?;|&'];
    expect((await run({}, odd)).args).toEqual(odd);
  });

  it('reads what is given to it, to its end', async () => {
    const input = `configuration show\n${'x'.repeat(200_000)}\nü`;
    expect((await run({}, [], {}, input)).said).toBe(input);
  });

  it('gives exit code, standard output and standard error apart, with every character whole', async () => {
    const path = makeClient(
      'fails',
      'printf "\\303"; sleep 0.1; printf "\\274"; echo no >&2; exit 3',
    );
    const result = await createCloudClient({ PATH: path }, signal).run(['x'], {});
    expect(result).toEqual({ exitCode: 3, stdout: 'ü', stderr: 'no\n' });
  });

  it('is looked for along the path, the first that is there, directories with odd names too', async () => {
    const odd = makeClient('a "b" $c', 'echo odd');
    const path = ['', '/no/such/directory', odd, echo].join(':');
    expect(await createCloudClient({ PATH: path }, signal).run([], {})).toMatchObject({
      stdout: 'odd\n',
    });
  });

  it('is not what only has its name: a directory, or a file that cannot be run', async () => {
    const [folder, text] = [join(directory, 'folder'), makeClient('text', 'echo wrong')];
    mkdirSync(join(folder, 'openstack'), { recursive: true });
    chmodSync(join(text, 'openstack'), 0o644);
    const path = [folder, text, makeClient('right', 'echo right')].join(':');
    expect(await createCloudClient({ PATH: path }, signal).run([], {})).toMatchObject({
      stdout: 'right\n',
    });
  });

  it('prints nothing here: what it says is for us', async () => {
    const path = makeClient('tells', 'echo a-token; echo b >&2');
    const write = process.stdout.write;
    const written: string[] = [];
    process.stdout.write = ((text: string) => written.push(text) > 0) as typeof write;
    try {
      await createCloudClient({ PATH: path }, signal).run([], {});
    } finally {
      process.stdout.write = write;
    }
    expect(written.join('')).not.toContain('a-token');
  });
});

describe('where there is no client', () => {
  // on a machine that has one in the usual place, that one is found
  const usual = ['/usr/local/bin', '/usr/bin', '/bin'].map((each) => `${each}/openstack`);
  const isInstalled = usual.some((each) => existsSync(each));

  it('has exit code 127, and says so', async () => {
    if (isInstalled) return console.log('not tested: this machine has the openstack command');
    const result = await createCloudClient({ PATH: directory }, signal).run(['--version'], {});
    expect(result).toEqual({ exitCode: 127, stdout: '', stderr: 'there is no openstack command' });
  });
});
