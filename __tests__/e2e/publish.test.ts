import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { publishOutputTable } from '../../src/model/publish-outputs.ts';
import { projectDirectory } from '../support/checkout.ts';
import { explainMissingOpenstack } from '../support/openstack.ts';
import { createPublishingBench, type PublishingBench } from '../support/publishing-bench.ts';
import { runAction } from '../support/runner.ts';
import { startProgram } from '../support/stand-in/program.ts';
import { createWorkbench } from '../support/stand-in/workbench.ts';

let bench: PublishingBench;
const line = 'trove-guest-test';
const tags = ['trove', 'bookworm'];

beforeAll(async () => {
  const missing = explainMissingOpenstack();
  if (missing !== null) throw new Error(missing);
  bench = await createPublishingBench();
}, 600_000);
afterAll(() => bench.close());

const publish = (name: string, words: readonly string[] = [], cloud = 'admin') =>
  bench.run([
    ...['publish', '--image-path', join(bench.directory, name, `${line}.qcow2`)],
    ...['--cloud', cloud, '--tags', tags.join(' '), '--keep', '2', '--grace-period', '0'],
    ...words,
  ]);
const versionLines = [
  '--datastore-versions',
  'mysql 8.4 default=true parameters=rules.json\npostgresql 17 find=id',
];
const find = async (id: string) => (await bench.images('admin')).find((image) => image.id === id);

describe('one image after another', () => {
  let first = '';
  let second = '';
  let third = '';

  beforeAll(() => {
    for (const [index, name] of ['one', 'two', 'three'].entries())
      bench.make(name, { sourceTime: `2026-11-0${index + 1}T00:00:00Z` });
    const parameters = [
      { name: 'max_connections', type: 'integer', restart_required: false, min: 0, max: 100 },
      { name: 'sql_mode', type: 'string', restart_required: true },
      { name: 'autocommit', type: 'boolean', restart_required: false },
    ];
    writeFileSync(
      join(bench.directory, 'rules.json'),
      JSON.stringify({ 'configuration-parameters': parameters }),
    );
  });

  it('says what it would do, and does nothing', async () => {
    const { status, answer } = await publish('one', [...versionLines, '--dry-run']);
    expect(status).toBe(0);
    expect(answer.clouds[0].steps.map((step: { kind: string }) => step.kind)).toEqual([
      ...['create', 'upload', 'promote', 'create-version', 'set-parameters', 'create-version'],
      'stop',
    ]);
    expect(await bench.images('admin')).toEqual([]);
    expect(await bench.versions()).toEqual([]);
  }, 60_000);

  it('publishes, and registers the datastore versions that find it by tags and by id', async () => {
    const { status, stderr, answer } = await publish('one', [
      ...versionLines,
      '--prove',
      'download',
    ]);
    expect({ status, outcome: answer?.outcome, stderr }).toMatchObject({
      status: 0,
      outcome: 'published',
    });
    first = answer.clouds[0].promoted.id;
    const made = JSON.parse(readFileSync(join(bench.directory, 'one', 'manifest.json'), 'utf8'));
    expect(await find(first)).toMatchObject({
      ...{ status: 'active', visibility: 'private', protected: true, os_hidden: false },
      ...{ hw_rng_model: 'virtio', os_distro: 'debian', architecture: 'x86_64', min_disk: 1 },
      ...{ trove_build_id: made.buildId, trove_build_state: 'promoted', disk_format: 'qcow2' },
    });
    expect(await bench.chooseAsTrove('admin', tags)).toBe(first);
    expect(await bench.versions()).toEqual([
      expect.objectContaining({
        ...{ name: '8.4', datastore_name: 'mysql', image_tags: tags, default: true, active: true },
      }),
      expect.objectContaining({ name: '17', datastore_name: 'postgresql', image: first }),
    ]);
    expect(stderr).toContain('autocommit');
  }, 60_000);

  it('does nothing the second time', async () => {
    const { status, answer } = await publish('one', versionLines);
    expect({ status, outcome: answer.outcome }).toEqual({
      status: 0,
      outcome: 'already-published',
    });
    expect(answer.clouds[0].versions).toEqual([]);
  }, 60_000);

  it('keeps the predecessor, hidden and without tags', async () => {
    const { answer } = await publish('two', versionLines);
    second = answer.clouds[0].promoted.id;
    expect(answer.clouds[0].replaced).toEqual([expect.objectContaining({ id: first })]);
    expect(await find(first)).toMatchObject({ os_hidden: true, tags: [], status: 'active' });
    expect(await bench.chooseAsTrove('admin', tags)).toBe(second);
  }, 60_000);

  it('goes back, and does not publish that build again', async () => {
    const words = ['publish', '--rollback', '--glance-name', line, '--cloud', 'admin'];
    const { status, answer } = await bench.run(words);
    expect({ status, outcome: answer.outcome }).toEqual({ status: 0, outcome: 'rolled-back' });
    expect(await bench.chooseAsTrove('admin', tags)).toBe(first);
    expect((await bench.versions()).map(({ image }) => image)).toContain(first);
    const again = await publish('two', versionLines);
    expect({ status: again.status, code: again.answer.clouds[0].code }).toEqual({
      ...{ status: 6, code: 'build-withdrawn' },
    });
    const older = await bench.run([...words, '--rollback-from', second]);
    expect({ status: older.status, outcome: older.answer.outcome }).toEqual({
      ...{ status: 0, outcome: 'rolled-back' },
    });
    expect(await bench.chooseAsTrove('admin', tags)).toBe(first);
  }, 120_000);

  it('deletes what is old when it keeps two, and never what a datastore version names', async () => {
    // somebody lets a version of their own name the first image
    const version = { datastore_name: 'mysql', datastore_manager: 'mysql', name: 'pinned' };
    const body = JSON.stringify({ version: { ...version, image: first, active: true } });
    await bench.request('admin', 'database', '/mgmt/datastore-versions', { method: 'POST', body });
    const { answer } = await publish('three', versionLines);
    third = answer.clouds[0].promoted.id;
    bench.make('four', { sourceTime: '2026-11-04T00:00:00Z' });
    const { answer: last } = await publish('four', versionLines);
    const left = (await bench.images('admin')).map(({ id }) => id).sort();
    expect(left).toEqual([first, third, last.clouds[0].promoted.id].sort());
    expect(last.clouds[0].kept).toContainEqual(
      expect.objectContaining({ id: first, why: 'is named by datastore version mysql pinned' }),
    );
  }, 120_000);

  it('shows what is there', async () => {
    const words = ['status', '--glance-name', line, '--cloud', 'admin', '--keep', '2'];
    const { status, answer } = await bench.run([...words, '--grace-period', '0']);
    expect(status).toBe(0);
    expect(answer.clouds[0].images.map(({ role }: { role: string }) => role)).toEqual([
      ...['held', 'kept', 'promoted'],
    ]);
  }, 60_000);
});

describe('others', () => {
  it('keep their images: another maker with the same tags is told of, and not touched', async () => {
    const body = JSON.stringify({
      ...{ name: 'theirs', disk_format: 'raw', container_format: 'bare', tags: ['other'] },
    });
    const made = await bench.request('admin', 'image', '/v2/images', { method: 'POST', body });
    const { id } = (await made.json()) as { id: string };
    const headers = { 'Content-Type': 'application/octet-stream' };
    await bench.request('admin', 'image', `/v2/images/${id}/file`, {
      method: 'PUT',
      headers,
      body: 'x',
    });
    // newer than anything of ours that exists by then
    bench.make('late', { sourceTime: '2026-11-05T00:00:00Z', fileName: 'trove-guest-late.qcow2' });
    const { status } = await bench.run([
      ...['publish', '--image-path', join(bench.directory, 'late', 'trove-guest-late.qcow2')],
      ...['--cloud', 'admin', '--tags', 'other'],
    ]);
    expect(status).toBe(0);
    expect(await find(id)).toMatchObject({ tags: ['other'], os_hidden: false, status: 'active' });
  }, 60_000);

  it('with no admin role are told what is missing, and get the lines for the controller', async () => {
    bench.make('member', {
      sourceTime: '2026-11-06T00:00:00Z',
      fileName: 'trove-guest-member.qcow2',
    });
    const { status, answer } = await bench.run([
      ...['publish', '--image-path', join(bench.directory, 'member', 'trove-guest-member.qcow2')],
      ...[
        '--cloud',
        'member',
        '--tags',
        'member',
        '--datastore-versions',
        'mariadb 11.4 default=true',
      ],
    ]);
    expect({ status, outcome: answer.outcome }).toEqual({ status: 0, outcome: 'published' });
    const { troveManage, warnings } = answer.clouds[0];
    expect(warnings.join()).toContain('admin role');
    expect(troveManage).toEqual([
      "trove-manage datastore_update mariadb ''",
      "trove-manage datastore_version_update --image-tags member mariadb 11.4 mariadb '' '' 1",
      'trove-manage datastore_update mariadb 11.4',
    ]);
    // they do what they promise
    const [program = '', ...before] = bench.stack.troveManage;
    for (const text of troveManage as readonly string[]) {
      const words = text
        .split(' ')
        .slice(1)
        .map((word) => (word === "''" ? '' : word));
      const done = await startProgram([program, ...before, ...words], {
        ...{ cwd: bench.directory, environment: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } },
      }).ended;
      expect({ text, status: done.status, said: done.stderr }).toMatchObject({ status: 0 });
    }
    expect(await bench.versions()).toContainEqual(
      expect.objectContaining({
        datastore_name: 'mariadb',
        name: '11.4',
        image_tags: ['member'],
        default: true,
      }),
    );
  }, 120_000);
});

describe('several clouds', () => {
  it('get the image all or none: what one refuses, no other keeps', async () => {
    bench.make('public', {
      sourceTime: '2026-11-07T00:00:00Z',
      fileName: 'trove-guest-public.qcow2',
    });
    const words = [
      ...['publish', '--image-path', join(bench.directory, 'public', 'trove-guest-public.qcow2')],
      ...['--tags', 'everybody', '--visibility'],
    ];
    // members may not make images public
    const refused = await bench.run([...words, 'public', '--cloud', 'admin member']);
    expect(refused.status).toBe(6);
    expect(refused.answer.clouds.map(({ code }: { code: string }) => code)).toContain(
      'other-cloud',
    );
    expect(await bench.chooseAsTrove('admin', ['everybody'])).toBeNull();
    expect(
      (await bench.images('member')).filter(({ name }) => name.startsWith('trove-guest-public')),
    ).toEqual([]);
    const taken = await bench.run([...words, 'private', '--cloud', 'admin member']);
    expect(taken.answer.clouds.map(({ outcome }: { outcome: string }) => outcome)).toEqual([
      ...['published', 'published'],
    ]);
    for (const cloud of ['admin', 'member'])
      expect(await bench.chooseAsTrove(cloud, ['everybody'])).not.toBeNull();
  }, 120_000);
});

describe('what may not be published', () => {
  it('is refused before anybody logs in, all of it at once', async () => {
    bench.make('secret', {
      ...{ sourceTime: '2026-11-08T00:00:00Z', fileName: 'trove-guest-secret.qcow2' },
      change: (manifest) => ({
        ...manifest,
        holdsSecrets: ['root-password'],
        guest: { ...manifest.guest, isDevelopment: true },
        files: manifest.files.map((file) => ({ ...file, sha256: 'a'.repeat(64) })),
      }),
    });
    const imagePath = join(bench.directory, 'secret', 'trove-guest-secret.qcow2');
    const words = ['publish', '--image-path', imagePath, '--cloud', 'nowhere'];
    const { status, answer } = await bench.run(words);
    expect(status).toBe(6);
    expect(answer.error.problems.map(({ code }: { code: string }) => code)).toEqual([
      ...['image-not-described', 'development-image', 'image-holds-secrets'],
    ]);
  });

  it('is what was not verified, where that is required', async () => {
    bench.make('unverified', {
      sourceTime: '2026-11-09T00:00:00Z',
      fileName: 'trove-guest-plain.qcow2',
    });
    const imagePath = join(bench.directory, 'unverified', 'trove-guest-plain.qcow2');
    const words = ['publish', '--image-path', imagePath, '--cloud', 'admin', '--tags', 'verified'];
    const { status, answer } = await bench.run([...words, '--require-verify', 'boot']);
    expect({ status, code: answer.clouds[0].code }).toEqual({ status: 6, code: 'not-verified' });
    const file = JSON.parse(
      readFileSync(join(bench.directory, 'unverified', 'manifest.json'), 'utf8'),
    ).files[0];
    const verdict = { level: 'agent', imageSha256: file.sha256, passed: true };
    writeFileSync(join(bench.directory, 'unverified', 'verify.json'), JSON.stringify(verdict));
    expect((await bench.run([...words, '--require-verify', 'boot'])).status).toBe(0);
  }, 60_000);
});

describe('the action', () => {
  it('publishes with the content of a clouds.yaml that is masked, sets outputs and tells of it', async () => {
    bench.make('action', {
      sourceTime: '2026-11-10T00:00:00Z',
      fileName: 'trove-guest-action.qcow2',
    });
    const directory = join(bench.directory, 'run');
    mkdirSync(directory);
    const cloudsYaml = readFileSync(bench.stack.cloudsYaml, 'utf8');
    const { main, temp } = await runAction({
      actionDirectory: join(projectDirectory, 'publish'),
      directory,
      inputs: {
        'image-path': join(bench.directory, 'action', 'trove-guest-action.qcow2'),
        ...{ cloud: 'publisher', 'clouds-yaml': cloudsYaml, tags: 'action' },
      },
    });
    expect(main.annotations).toEqual([]);
    expect(main.exitCode).toBe(0);
    expect(Object.keys(main.outputs).sort()).toEqual(
      publishOutputTable.map(({ name }) => name).sort(),
    );
    expect(main.outputs).toMatchObject({ published: 'true', outcome: 'published' });
    expect(await bench.chooseAsTrove('publisher', ['action'])).toBe(
      main.outputs['glance-image-id'],
    );
    expect(main.summary).toContain('published');
    const secret = /application_credential_secret: "(.*)"/.exec(cloudsYaml)?.[1] ?? 'none';
    const shown = main.log.split('\n').filter((text) => !text.startsWith('::add-mask::'));
    expect(shown.join('\n')).not.toContain(secret);
    expect(readdirSync(temp).filter((name) => name.includes('clouds'))).toEqual([]);
  }, 120_000);
});

describe('a build with publish: glance', () => {
  it('publishes what it has built', async () => {
    const workbench = await createWorkbench();
    try {
      const { status, stdout, stderr } = await workbench.build('published', {
        inputs: { publish: 'glance', cloud: 'publisher', tags: 'built' },
        flags: ['--json'],
        environment: { OS_CLIENT_CONFIG_FILE: bench.stack.cloudsYaml },
      }).ended;
      expect({ status, stderr }).toMatchObject({ status: 0 });
      const answer = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
      expect(answer.publication.outcome).toBe('published');
      const chosen = await bench.chooseAsTrove('publisher', ['built']);
      expect(answer.publication.clouds[0].promoted.id).toBe(chosen);
      const images = await bench.images('publisher');
      expect(images.find(({ id }) => id === chosen)).toMatchObject({
        size: Number(answer.size),
        trove_build_id: answer['build-id'],
      });
    } finally {
      await workbench.close();
    }
  }, 120_000);
});
