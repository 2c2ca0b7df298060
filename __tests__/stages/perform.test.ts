import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { dress } from '../../src/core/publish/changes.ts';
import type { Operation, PublishRun, Refusal } from '../../src/model/publish-run.ts';
import type { ApiAnswer } from '../../src/ports/api.ts';
import { patchImage, perform } from '../../src/stages/perform.ts';
import { mysql, startRun, wishFor } from '../support/publish-wishes.ts';
import { answerWith, fakeAccess, fakeApi, fakeSleep, noAnswer } from './fake-api.ts';

const file = { path: '/out/a.qcow2', sizeBytes: 9 };
const patchType = 'application/openstack-images-v2.1-json-patch';
const why = 'because';
const image = {
  ...{ name: 'guest-1', diskFormat: 'qcow2', minDiskGb: 5, minRamMb: 0 },
  properties: { os_distro: 'debian' },
};
const integer = { name: 'n', type: 'integer', restartRequired: true, min: 0, max: 9 };

/** Does one operation with services that answer so. */
async function run(
  operation: Operation,
  {
    answer = answerWith(200),
    digest = null,
    history = [],
    digests = {},
    isWithoutFile = false,
  }: {
    answer?: ApiAnswer | ((count: number) => ApiAnswer);
    digest?: string | null;
    history?: PublishRun['history'];
    digests?: Readonly<Record<string, string>>;
    isWithoutFile?: boolean;
  } = {},
) {
  const say = (count: number) => (typeof answer === 'function' ? answer(count) : answer);
  const [glance, trove] = [
    fakeApi((_, count) => say(count), digest),
    fakeApi((_, count) => say(count)),
  ];
  const { sleep, waits } = fakeSleep();
  const told: string[] = [];
  const ports = {
    ...{ access: fakeAccess, glance, trove, sleep, newId: () => 'new-id' },
    digestFile: async (path: string, algorithms: readonly string[]) => ({
      sizeBytes: 9,
      digests: Object.fromEntries(
        algorithms.filter((each) => each !== 'odd').map((each) => [each, `${each} of ${path}`]),
      ),
    }),
    onBytes: (verb: string, bytes: number) => void told.push(`${verb} ${bytes}`),
    beforeUploadEnds: async () => void told.push('alone'),
  };
  const state = { ...startRun('run', 0), history, digests, proved: ['before'] };
  const done = await perform(ports, operation, isWithoutFile ? null : file, state);
  return { ...done, glance, trove, waits, told };
}

/** Of the nine bytes that are sent. */
const digestOf = (algorithm: string): string =>
  createHash(algorithm).update(Buffer.alloc(9)).digest('hex');

describe('an operation on an image', () => {
  it('that creates it gives it an id, and the property that repeats the id', async () => {
    const { refusal, glance } = await run({ kind: 'create', image, why });
    expect(refusal).toBeNull();
    expect(glance.requests).toEqual([
      {
        ...{ method: 'POST', url: 'http://glance/v2/images' },
        body: {
          ...{ id: 'new-id', name: 'guest-1', os_distro: 'debian', trove_build_image: 'new-id' },
          ...{ disk_format: 'qcow2', container_format: 'bare', min_disk: 5, min_ram: 0 },
          ...{ visibility: 'private', os_hidden: true },
        },
      },
    ]);
  });

  it.each(['promote', 'withdraw', 'retire'] as const)('that does %s is one patch', async (kind) => {
    const changes = { ...dress(wishFor(1)), properties: { 'a/b': 'x' } };
    const { glance } = await run({ kind, imageId: 'a1', changes, why });
    expect(glance.requests).toEqual([
      {
        ...{ method: 'PATCH', url: 'http://glance/v2/images/a1' },
        headers: { 'Content-Type': patchType },
        body: [
          { op: 'replace', path: '/tags', value: ['trove', 'mysql'] },
          { op: 'replace', path: '/os_hidden', value: false },
          { op: 'replace', path: '/visibility', value: 'shared' },
          { op: 'replace', path: '/protected', value: true },
          { op: 'replace', path: '/min_disk', value: 5 },
          { op: 'replace', path: '/min_ram', value: 1024 },
          { op: 'add', path: '/a~1b', value: 'x' },
        ],
      },
    ]);
  });

  it('that deletes it names it, and sends nothing', async () => {
    const { glance } = await run({ kind: 'delete', imageId: 'a1', why });
    expect(glance.requests).toEqual([{ method: 'DELETE', url: 'http://glance/v2/images/a1' }]);
  });

  it('that uploads sends the file, tells how far it is, and ends when it is alone', async () => {
    const digests = { sha256: digestOf('sha256') };
    const upload = { kind: 'upload', imageId: 'a1', why } as const;
    const { glance, told, refusal, learned } = await run(upload, { digests });
    expect(glance.lines()).toEqual(['PUT http://glance/v2/images/a1/file']);
    expect([told, refusal]).toEqual([['sent 9', 'alone'], null]);
    // what Glance has to have is what was sent
    expect(learned).toEqual({ digests: { ...digests, sha512: digestOf('sha512') } });
  });

  it('that uploads another file than the one that was looked at is refused', async () => {
    const upload = { kind: 'upload', imageId: 'a1', why } as const;
    const { refusal, learned } = await run(upload, { digests: { sha256: 'of before' } });
    expect(refusal).toEqual({
      reason: 'invalid',
      text: expect.stringContaining('the file was changed while it was sent'),
    });
    expect(learned).toEqual({});
  });

  it('that uploads is a bug without a file', async () => {
    const upload = run({ kind: 'upload', imageId: 'a1', why }, { isWithoutFile: true });
    await expect(upload).rejects.toThrow('no file');
  });

  it('that shows a sign of life is a patch, too', async () => {
    const glance = fakeApi(() => answerWith(200));
    const changes = { properties: { trove_build_heartbeat: 'now' } };
    await patchImage({ access: fakeAccess, glance }, 'a1', changes);
    expect(glance.requests).toMatchObject([
      {
        method: 'PATCH',
        headers: { 'Content-Type': patchType },
        body: [{ op: 'add', value: 'now' }],
      },
    ]);
  });
});

describe('an operation on a datastore version', () => {
  it('that creates it is a POST to Trove, and none to Glance', async () => {
    const version = { ...mysql, find: 'id' as const };
    const { glance, trove } = await run({ kind: 'create-version', version, imageId: 'a1', why });
    expect(glance.requests).toEqual([]);
    expect(trove.requests).toMatchObject([
      {
        ...{ method: 'POST', url: 'http://trove/v1.0/p1/mgmt/datastore-versions' },
        body: { version: { datastore_name: 'mysql', name: '8.4', image: 'a1', default: true } },
      },
    ]);
  });

  it('that changes it is one PATCH', async () => {
    const changes = { isDefault: true, active: true };
    const { trove } = await run({ kind: 'update-version', versionId: 'v1', changes, why });
    expect(trove.requests).toEqual([
      {
        ...{ method: 'PATCH', url: 'http://trove/v1.0/p1/mgmt/datastore-versions/v1' },
        body: { active: true, default: true },
      },
    ]);
  });

  it('that sets parameters is a request for each, and stops at the first that is refused', async () => {
    const text = { ...integer, name: 's', type: 'string', min: null, max: null };
    const update = [{ ...integer, name: 'a/b' }];
    const operation = { kind: 'set-parameters', versionId: 'v1', why } as const;
    const all = await run({ ...operation, create: [integer, text], update });
    const url = 'http://trove/v1.0/p1/mgmt/datastores/versions/v1/parameters';
    expect(all.trove.lines()).toEqual([`POST ${url}`, `POST ${url}`, `PUT ${url}/a%2Fb`]);
    expect(all.refusal).toBeNull();
    const refuse = (count: number) =>
      count === 2 ? answerWith(400, { a: { message: 'no' } }) : answerWith(200);
    const cut = await run({ ...operation, create: [integer, text], update }, { answer: refuse });
    expect(cut.trove.requests).toHaveLength(2);
    expect(cut.refusal).toEqual({ reason: 'invalid', text: '400 no' });
  });
});

describe('an answer', () => {
  const promote = { kind: 'promote', imageId: 'a', changes: {}, why } as const;
  const tried = (times: number, refusal: Refusal | null = null): PublishRun['history'] =>
    Array.from({ length: times }, () => ({ operation: promote, refusal }));

  it.each<[string, ApiAnswer, number, readonly number[]]>([
    ['503', answerWith(503), 0, [500]],
    ['503 for the third time', answerWith(503), 2, [2000]],
    ['no answer', noAnswer, 1, [1000]],
    ['429 that wants a pause', answerWith(429, '', { 'retry-after': '7' }), 0, [7000]],
    ['503 that wants an hour', answerWith(503, '', { 'retry-after': '3600' }), 0, [60_000]],
    ['a token that has ended', answerWith(401, { error: { message: 'Unauthorized' } }), 0, [500]],
  ])('that may pass is waited for before the next look: %s', async (_, answer, times, pauses) => {
    const { refusal, waits } = await run(promote, { answer, history: tried(times) });
    expect([refusal?.reason, waits]).toEqual(['unavailable', pauses]);
  });

  it.each([400, 401, 403, 404, 409, 410, 413])('that stays so is not: %d', async (status) => {
    const { refusal, waits } = await run(promote, {
      answer: answerWith(status),
      history: tried(2),
    });
    expect([refusal?.text, waits]).toEqual([String(status), []]);
  });

  it('counts tries of the same kind only', async () => {
    const other = { operation: { ...promote, kind: 'retire' as const }, refusal: null };
    const history = [other, other, ...tried(1)];
    expect((await run(promote, { answer: noAnswer, history })).waits).toEqual([1000]);
  });
});

describe('a wait', () => {
  it('is a pause, and asks nobody', async () => {
    const { waits, glance, refusal } = await run({ kind: 'wait', imageId: 'a', forMs: 5000, why });
    expect([waits, glance.requests, refusal]).toEqual([[5000], [], null]);
  });
});

describe('a digest', () => {
  const digest = { kind: 'digest', imageId: 'a', why } as const;

  it('is that of the file, and what was known before stays', async () => {
    const { learned } = await run(
      { ...digest, algorithm: 'blake2b' },
      { digests: { sha512: 's', sha256: 'sha256 of /out/a.qcow2' } },
    );
    expect(learned.digests).toMatchObject({ sha512: 's', blake2b: 'blake2b of /out/a.qcow2' });
  });

  it('of a file that is another one by now is refused for ever', async () => {
    const { refusal } = await run(
      { ...digest, algorithm: 'blake2b' },
      { digests: { sha256: 'of before' } },
    );
    expect(refusal).toMatchObject({ reason: 'invalid', text: expect.stringContaining('changed') });
  });

  it.each([
    ['of an algorithm that nobody knows here', 'odd', false],
    ['without a file', 'sha512', true],
  ])('is refused for ever %s', async (_, algorithm, isWithoutFile) => {
    const digests = isWithoutFile ? {} : { sha256: 'sha256 of /out/a.qcow2' };
    const { refusal, learned } = await run({ ...digest, algorithm }, { isWithoutFile, digests });
    expect(refusal).toEqual({ reason: 'invalid', text: `${algorithm} is not known here` });
    expect(learned).toEqual({});
  });
});

describe('a proof', () => {
  const prove = { kind: 'prove', imageId: 'a1', why } as const;

  it('reads the image back, and holds when it is the file', async () => {
    const { learned, glance, told } = await run(prove, { digest: 'x', digests: { sha512: 'x' } });
    expect(learned).toEqual({ proved: ['before', 'a1'] });
    expect(glance.lines()).toEqual(['GET http://glance/v2/images/a1/file']);
    expect(glance.requests[0]?.headers).toEqual({ algorithm: 'sha512' });
    expect(told).toEqual(['read 7']);
  });

  it.each<[string, Parameters<typeof run>[1], Refusal['reason']]>([
    ['other bytes come back', { digest: 'y', digests: { sha512: 'x' } }, 'invalid'],
    ['no bytes come back', { answer: answerWith(204), digests: { sha512: 'x' } }, 'invalid'],
    ['nobody knows what is expected', { answer: answerWith(204) }, 'invalid'],
    ['Glance refuses', { answer: answerWith(403), digests: { sha512: 'x' } }, 'forbidden'],
    ['the connection breaks', { answer: noAnswer, digests: { sha512: 'x' } }, 'unavailable'],
  ])('does not hold when %s', async (_, how, reason) => {
    const { refusal, learned } = await run(prove, how);
    expect([refusal?.reason, learned]).toEqual([reason, {}]);
  });
});
