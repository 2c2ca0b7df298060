import { execFile } from 'node:child_process';
import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { projectDirectory } from '../support/checkout.ts';
import {
  explainMissingOpenstack,
  type Login,
  type Openstack,
  runOpenstack,
  startOpenstack,
} from '../support/openstack.ts';
import { readResidue } from '../support/residue.ts';
import { startProgram } from '../support/stand-in/program.ts';
import { nothing } from '../support/stand-in/workbench.ts';

const MINUTE_MS = 60_000;
const execute = promisify(execFile);
const missing = explainMissingOpenstack({ bus: true });
if (missing !== null) throw new Error(`no test stack here: ${missing}`);
const scripts = join(projectDirectory, 'scripts', 'openstack');

/** A request with the token of a login, and what came back. */
async function ask(login: Login, method: string, url: string, body?: Buffer | object) {
  const binary = Buffer.isBuffer(body);
  const answer = await fetch(url, {
    method,
    headers: {
      'X-Auth-Token': login.token,
      'Content-Type': binary ? 'application/octet-stream' : 'application/json',
    },
    body: body === undefined ? null : binary ? new Uint8Array(body) : JSON.stringify(body),
  });
  const text = await answer.text();
  const json = answer.headers.get('Content-Type')?.includes('json') ?? false;
  return { status: answer.status, body: json && text !== '' ? JSON.parse(text) : text };
}

const image = (more: object = {}): object => ({
  ...{ id: randomUUID(), name: 'guest', disk_format: 'raw', container_format: 'bare' },
  ...more,
});
const answers = (url: string): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(Number(new URL(url).port), '127.0.0.1', () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

describe('the test stack', () => {
  let stack: Openstack;
  let publisher: Login;
  let member: Login;
  let images: string;

  beforeAll(async () => {
    stack = await startOpenstack();
    [publisher, member] = await Promise.all([stack.tokens('publisher'), stack.tokens('member')]);
    images = `${publisher.endpoints.image}/v2/images`;
  }, 2 * MINUTE_MS);
  afterAll(() => stack?.stop(), MINUTE_MS);

  const upload = async (login: Login, content: Buffer, more?: object) => {
    const { body } = await ask(login, 'POST', images, image(more));
    const { status } = await ask(login, 'PUT', `${images}/${body.id}/file`, content);
    return { status, id: body.id as string };
  };

  it('lets the official client in with each of its clouds', async () => {
    for (const cloud of ['admin', 'publisher', 'member']) {
      const words = ['--os-cloud', cloud, 'token', 'issue', '--format', 'json'];
      const env = { PATH: '/usr/bin:/bin', OS_CLIENT_CONFIG_FILE: stack.cloudsYaml };
      const { stdout } = await execute('openstack', words, { env, cwd: stack.directory });
      expect(JSON.parse(stdout).project_id).toBe((await stack.tokens(cloud)).projectId);
    }
  });

  it('keeps an image with the sha512 of its bytes, for everybody when an administrator says so', async () => {
    const content = randomBytes(3_000_000);
    const { id } = await upload(publisher, content, { visibility: 'public' });
    const { body } = await ask(member, 'GET', `${images}/${id}`);
    const os_hash_value = createHash('sha512').update(content).digest('hex');
    expect(body).toMatchObject({ status: 'active', size: content.length, os_hash_value });
    expect(body.os_hash_algo).toBe('sha512');
    expect(body).not.toHaveProperty('locations');
  });

  it('takes an image through glance-direct, too', async () => {
    const { body } = await ask(publisher, 'POST', images, image());
    const { status } = await ask(publisher, 'PUT', `${images}/${body.id}/stage`, Buffer.alloc(1e6));
    expect(status).toBe(204);
    const method = { name: 'glance-direct' };
    await ask(publisher, 'POST', `${images}/${body.id}/import`, { method });
    const read = async () => (await ask(publisher, 'GET', `${images}/${body.id}`)).body.status;
    while ((await read()) !== 'active') await wait(100);
  });

  it('tells a member what only an administrator may do', async () => {
    const made = await ask(member, 'POST', images, image({ visibility: 'public' }));
    expect(made.status).toBe(403);
    const versions = `${member.endpoints.database}/mgmt/datastore-versions`;
    expect((await ask(member, 'GET', versions)).status).toBe(401);
  });

  it('lets the publisher make a datastore version of the image with all of some tags', async () => {
    await upload(publisher, Buffer.from('image'), { tags: ['trove', 'mysql'] });
    const versions = `${publisher.endpoints.database}/mgmt/datastore-versions`;
    const made = await ask(publisher, 'POST', versions, {
      version: {
        ...{ datastore_name: 'mysql', datastore_manager: 'mysql', name: '5.7.29' },
        ...{ image_tags: ['trove', 'mysql'], packages: [], active: true, default: true },
      },
    });
    expect(made.status).toBe(202);
    const { body } = await ask(publisher, 'GET', versions);
    expect(body.versions).toMatchObject([{ name: '5.7.29', image_tags: ['trove', 'mysql'] }]);
    const seen = await ask(member, 'GET', `${member.endpoints.database}/datastores`);
    expect(seen.body.datastores).toMatchObject([{ name: 'mysql', versions: [{ name: '5.7.29' }] }]);
  });

  it('has a trove-manage that works on what the API shows', async () => {
    const [command = '', ...words] = stack.troveManage;
    await execute(command, [...words, 'datastore_update', 'mariadb', ''], { cwd: stack.directory });
    const { body } = await ask(publisher, 'GET', `${publisher.endpoints.database}/datastores`);
    expect(JSON.stringify(body)).toContain('"mariadb"');
  });

  it('is not moved by a second up', async () => {
    const before = await stack.services();
    await stack.up();
    expect(Object.keys(before)).toEqual(['keystone', 'glance', 'trove']);
    expect(await stack.services()).toEqual({
      keystone: expect.objectContaining({ leader: before.keystone?.leader }),
      glance: expect.objectContaining({ leader: before.glance?.leader }),
      trove: expect.objectContaining({ leader: before.trove?.leader }),
    });
  });

  it('starts a killed service again with what it had, and no other one', async () => {
    const [before, { id }] = [await stack.services(), await upload(publisher, Buffer.from('kept'))];
    await stack.kill('glance');
    expect(await answers(stack.urls.glance)).toBe(false);
    await stack.up();
    const after = await stack.services();
    expect(after.glance?.leader).not.toBe(before.glance?.leader);
    expect(after.trove?.leader).toBe(before.trove?.leader);
    expect((await ask(publisher, 'GET', `${images}/${id}`)).body.status).toBe('active');
  });

  it('starts a service anew for a setting, and again without it', async () => {
    await stack.up(['glance:DEFAULT.user_storage_quota=1000B']);
    expect((await upload(publisher, Buffer.alloc(2000))).status).toBe(413);
    await stack.up();
    expect((await upload(publisher, Buffer.alloc(2000))).status).toBe(204);
  });

  it('listens on 127.0.0.1 only', async () => {
    const pids = Object.values(await stack.services()).flatMap((service) => service.pids);
    const { stdout } = await execute('ss', ['-H', '-l', '-t', '-u', '-n', '-p']);
    const own = stdout
      .split('\n')
      .filter((line) => pids.some((pid) => line.includes(`pid=${pid},`)));
    expect(own.length).toBeGreaterThanOrEqual(3);
    expect(own.filter((line) => !/\s127\.0\.0\.1:\d+\s/.test(line))).toEqual([]);
  });
});

describe('a test stack that goes down', () => {
  it(
    'leaves nothing',
    async () => {
      const { directory, services, urls, stop } = await startOpenstack();
      expect(Object.keys(await services())).toHaveLength(3);
      await stop();
      expect(readResidue(basename(dirname(directory)))).toEqual(nothing);
      for (const url of Object.values(urls)) expect(await answers(url)).toBe(false);
    },
    MINUTE_MS,
  );
});

describe('the test stack that is cut short', () => {
  const parent = mkdtempSync(join(tmpdir(), 'openstack-cut-'));
  const directory = join(parent, 'stack');
  const run = (verb: string, ...flags: readonly string[]) =>
    runOpenstack([verb, '--state', directory, ...flags]);
  const cut = async (afterMs: number, verb: string, ...flags: readonly string[]) => {
    const environment = { PATH: '/usr/bin:/bin', HOME: parent };
    const options = { cwd: parent, environment, timeLimitMs: MINUTE_MS };
    const program = startProgram([scripts, verb, '--state', directory, ...flags], options);
    await wait(afterMs);
    program.child.kill('SIGKILL');
    expect((await program.ended).signal).toBe('SIGKILL');
  };
  const left = () => ({ ...readResidue(basename(parent)), files: readdirSync(parent) });

  afterAll(async () => {
    await run('down');
    rmSync(parent, { recursive: true });
  }, MINUTE_MS);

  it(
    'comes up after kills while it made its databases and while it started',
    async () => {
      await cut(2000, 'up', '--cold');
      await cut(500, 'up');
      await cut(2500, 'up');
      const { urls } = JSON.parse(await run('up', '--json'));
      expect(await answers(urls.keystone)).toBe(true);
      await cut(60, 'down');
      await run('down');
      expect(left()).toEqual(nothing);
    },
    3 * MINUTE_MS,
  );

  it.each([300, 1500, 3000])(
    'goes down after a kill %s ms after the start',
    async (afterMs) => {
      await cut(afterMs, 'up', '--bus');
      await run('down');
      expect(left()).toEqual(nothing);
    },
    MINUTE_MS,
  );

  it(
    'comes up with a broker and the conductor that listens to it, after all that',
    async () => {
      const { services } = JSON.parse(await run('up', '--json', '--bus'));
      expect(Object.keys(services)).toEqual([
        'rabbitmq',
        'keystone',
        'glance',
        'trove',
        'conductor',
      ]);
      await run('down', '--keep');
      expect({ ...left(), files: [] }).toEqual(nothing);
    },
    2 * MINUTE_MS,
  );

  it(
    'ends by itself, and comes up again with what it had',
    async () => {
      const first = JSON.parse(await run('up', '--json', '--hours', '0.01'));
      expect(first.services).toHaveProperty('trove');
      while (await run('status').then(Boolean, () => false)) await wait(1000);
      expect({ ...left(), files: [] }).toEqual(nothing);
      const second = JSON.parse(await run('up', '--json'));
      expect(second.text).toBe(first.text);
    },
    2 * MINUTE_MS,
  );
});

describe('the directory of a test stack', () => {
  const parent = mkdtempSync(join(tmpdir(), 'openstack-directory-'));
  afterAll(() => rmSync(parent, { recursive: true }));

  it.each(['up', 'down'])('is refused by %s when it holds things of others', async (verb) => {
    const directory = join(parent, verb);
    mkdirSync(directory);
    writeFileSync(join(directory, 'letter'), 'dear');
    await expect(runOpenstack([verb, '--state', directory])).rejects.toThrow(
      'is no stack of yours',
    );
    expect(readdirSync(directory)).toEqual(['letter']);
  });

  it.each([
    ['--state', `${parent}/a$b`],
    ['--set', 'glance:quota=1'],
    ['--hours', '0'],
    ['--hours', 'soon'],
  ])('is not made for %s %s', async (flag, value) => {
    const directory = join(parent, 'new');
    await expect(runOpenstack(['up', '--state', directory, flag, value])).rejects.toThrow(value);
    expect(existsSync(directory)).toBe(false);
  });
});
