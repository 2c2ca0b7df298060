import { describe, expect, it } from '@jest/globals';
import { loginCommands } from '../../src/core/openstack/login.ts';
import type { CloudClient } from '../../src/ports/cloud-client.ts';
import { labelCloud, logIn, renewToken } from '../../src/stages/log-in.ts';
import {
  bareConfiguration,
  catalogOfTwoRegions,
  credentialConfiguration,
  issuedToken,
  passwordConfiguration,
  printJson,
} from '../unit/support/client-answers.ts';
import { answerWith, fakeAccess, fakeApi, fakeSleep } from './fake-api.ts';

const target = { name: 'east', environment: { OS_CLIENT_CONFIG_FILE: '/x/clouds.yaml' } };
const ok = (...values: readonly unknown[]) => ({
  exitCode: 0,
  stdout: printJson(...values),
  stderr: '',
});
const no = (stderr: string, stdout = '', exitCode = 1) => ({ exitCode, stdout, stderr });
const down = 'Unable to establish connection to http://k/v3: Max retries exceeded\n';

type Result = Awaited<ReturnType<CloudClient['run']>>;

/** A client that answers by its words (`stdin` without any); the last answer of several stays. */
function makePorts(answers: Readonly<Record<string, Result | readonly Result[]>>) {
  const calls: { readonly words: string; readonly environment: object; readonly input?: string }[] =
    [];
  const left = new Map(
    Object.entries(answers).map(([words, all]) => [words, [all].flat() as Result[]]),
  );
  const client: CloudClient = {
    async run(words, environment, input) {
      calls.push({
        words: words.join(' '),
        environment,
        ...(input === undefined ? {} : { input }),
      });
      const name =
        words.filter((word) => /^(configuration|token|catalog)$/.test(word))[0] ?? 'stdin';
      const queue = left.get(name) ?? [no('not told what to say')];
      return (queue.length > 1 ? queue.shift() : queue[0]) as Result;
    },
  };
  const masked: string[] = [];
  const { sleep, waits } = fakeSleep();
  return {
    ...{ client, calls, masked, sleep, waits, now: () => 0 },
    openApi: () => fakeApi(() => answerWith(404)),
    mask: (secret: string) => void masked.push(secret),
  };
}
const everything = ok(passwordConfiguration, issuedToken, catalogOfTwoRegions);
const problemOf = (login: Promise<unknown>) =>
  login.then(
    () => null,
    (error) => ({ kind: error.kind, ...error.problems?.[0] }),
  );

describe('a login', () => {
  it('is one start of the client, which is told the cloud by its environment', async () => {
    const ports = makePorts({ stdin: everything });
    expect(await logIn(ports, target)).toMatchObject({
      ...{ cloud: 'east', token: issuedToken.id, glanceUrl: 'http://glance.example:9292/v2' },
    });
    expect(ports.calls).toEqual([
      {
        words: '',
        environment: { OS_CLIENT_CONFIG_FILE: '/x/clouds.yaml', OS_CLOUD: 'east' },
        input: `${loginCommands.join('\n')}\n`,
      },
    ]);
  });

  it('leaves the cloud to the environment of the caller where none is named', async () => {
    const ports = makePorts({ stdin: everything });
    const own = { name: '', environment: {} };
    expect((await logIn(ports, own)).cloud).toBe('the cloud of the environment');
    expect(ports.calls[0]?.environment).toEqual({});
    expect(labelCloud(own)).toBe('the cloud of the environment');
  });

  it('hides the token, and what the client shows of secrets, before anything else is done', async () => {
    const ports = makePorts({
      stdin: ok(credentialConfiguration, issuedToken, catalogOfTwoRegions),
    });
    await logIn(ports, target);
    expect(ports.masked).toEqual(expect.arrayContaining(['n0t-a-real-secret', issuedToken.id]));
  });

  it('hides them when the cloud has no Glance, too', async () => {
    const ports = makePorts({ stdin: ok(credentialConfiguration, issuedToken, []) });
    expect(await problemOf(logIn(ports, target))).toMatchObject({ code: 'no-glance' });
    expect(ports.masked).toContain('n0t-a-real-secret');
  });
});

describe('a client that does not answer all at once', () => {
  const apart = {
    configuration: ok(passwordConfiguration),
    token: ok(issuedToken),
    catalog: ok(catalogOfTwoRegions),
  };

  it.each<[string, Result]>([
    ['knows no such mode', no('openstack: error: too few arguments', '', 2)],
    ['has failed in the middle', ok(passwordConfiguration)],
    ['says nothing', no('', '', 0)],
  ])('is asked one by one when it %s', async (_, stdin) => {
    const ports = makePorts({ stdin, ...apart });
    expect(await logIn(ports, target)).toMatchObject({ token: issuedToken.id });
    expect(ports.calls.slice(1)).toEqual(
      ['configuration show', 'token issue', 'catalog list'].map((words) => ({
        words: `--os-cloud east ${words} --format json`,
        environment: target.environment,
      })),
    );
  });

  it('is asked for no token where there is no login', async () => {
    const ports = makePorts({ stdin: ok(bareConfiguration), configuration: ok(bareConfiguration) });
    expect(await logIn(ports, { name: '', environment: {} })).toMatchObject({
      ...{ token: '', projectId: '', glanceUrl: 'http://127.0.0.1:9292/v2' },
    });
    expect(ports.calls.map(({ words }) => words)).toEqual(['', 'configuration show --format json']);
    expect(ports.masked).toEqual([]);
  });

  it('is asked again after trouble that may pass, with longer and longer pauses', async () => {
    const ports = makePorts({ ...apart, token: [no(down), no('(HTTP 503)'), ok(issuedToken)] });
    expect(await logIn(ports, target)).toMatchObject({ token: issuedToken.id });
    expect(ports.waits).toEqual([2000, 4000]);
  });

  it('ends the login when it never passes', async () => {
    const ports = makePorts({ ...apart, token: no(down) });
    expect(await problemOf(logIn(ports, target))).toMatchObject({
      ...{ kind: 'publish', code: 'login-failed' },
      message: expect.stringContaining('openstack token issue for east ended with exit code 1'),
    });
    expect(ports.waits).toEqual([2000, 4000, 6000]);
  });

  it.each<[string, string, string]>([
    ['configuration', 'Cloud east was not found.', 'no-such-cloud'],
    ['token', 'The request you have made requires authentication. (HTTP 401)', 'login-refused'],
    [
      'token',
      'Max retries exceeded (Caused by SSLError(certificate verify failed))',
      'login-failed',
    ],
    ['catalog', 'Only an authorized user may issue a new token.', 'login-failed'],
  ])('is not asked again when its %s says %j', async (name, stderr, code) => {
    const ports = makePorts({ ...apart, [name]: no(stderr) });
    expect(await problemOf(logIn(ports, target))).toMatchObject({ code });
    expect(ports.waits).toEqual([]);
  });

  it('is refused when what it prints is no JSON', async () => {
    const ports = makePorts({
      ...apart,
      configuration: { exitCode: 0, stdout: '+---+', stderr: '' },
    });
    expect(await problemOf(logIn(ports, target))).toMatchObject({
      ...{ code: 'login-failed', message: 'openstack configuration show did not print JSON.' },
      hint: expect.stringContaining('python-openstackclient'),
    });
  });
});

describe('a token that is renewed', () => {
  it('takes the place of the other, and is hidden; all else stays', async () => {
    const ports = makePorts({ token: ok({ ...issuedToken, id: 'second' }) });
    expect(await renewToken(ports, target, fakeAccess)).toEqual({
      ...fakeAccess,
      token: 'second',
      expiresAtMs: Date.UTC(2026, 10, 25, 17, 58, 22),
    });
    expect(ports.masked).toEqual(['second']);
    expect(ports.calls.map(({ words }) => words)).toEqual([
      '--os-cloud east token issue --format json',
    ]);
  });

  it('need not say when it ends', async () => {
    const ports = makePorts({ token: ok({ id: 'second' }) });
    const before = { ...fakeAccess, expiresAtMs: 7 };
    expect(await renewToken(ports, target, before)).toMatchObject({ expiresAtMs: null });
  });

  it('is none where there is no login', async () => {
    const ports = makePorts({});
    const bare = { ...fakeAccess, token: '' };
    expect(await renewToken(ports, target, bare)).toBe(bare);
    expect(ports.calls).toEqual([]);
  });

  it.each<[string, Result]>([
    ['why it may be', ok(passwordConfiguration)],
    ['nothing about it', no('Cloud east was not found.')],
  ])('ends the run when Keystone does not give it, and the client says %s', async (_, shown) => {
    const refused = no('The request you have made requires authentication. (HTTP 401)');
    const ports = makePorts({ token: refused, configuration: shown });
    const renewal = renewToken(ports, target, fakeAccess);
    expect(await problemOf(renewal)).toMatchObject({ code: 'login-refused' });
  });
});
