import { describe, expect, it } from '@jest/globals';
import { markImage, markState } from '../../src/core/publish/changes.ts';
import type { CloudAccess } from '../../src/model/publication.ts';
import type { ApiAnswer, ApiRequest } from '../../src/ports/api.ts';
import { type LookFor, lookAtCloud } from '../../src/stages/look-at-cloud.ts';
import { answerWith, fakeAccess, fakeApi, fakeSleep, noAnswer } from './fake-api.ts';

const date = 'Wed, 25 Nov 2026 17:00:05 GMT';
const record = (id: string, more: object = {}) => ({
  ...{ id, name: `guest-${id}`, owner: 'p1', status: 'active', tags: [] },
  ...{ created_at: '2026-11-25T16:00:00Z', updated_at: '2026-11-25T16:30:00Z', ...more },
});
const page = (images: readonly object[], next?: string): ApiAnswer =>
  answerWith(200, { images, ...(next === undefined ? {} : { next }) }, { date });
const version = {
  ...{ id: 'v1', name: '8.4', version: '8.4', datastore_name: 'mysql', datastore_manager: 'mysql' },
  ...{ image: 'a', image_tags: [''], active: true, default: false },
};
const noAdmin = answerWith(401, {
  unauthorized: { code: 401, message: 'User does not have admin privileges.' },
});
const usual: LookFor = { line: 'guest', tags: ['t'], versions: 'wanted', parametersOf: [] };

/** Looks at a cloud whose services answer so; `404` to all else. */
async function look(
  answers: readonly (readonly [RegExp, ApiAnswer | ((count: number) => ApiAnswer)])[],
  { what = {}, access = {} }: { what?: Partial<LookFor>; access?: Partial<CloudAccess> } = {},
) {
  const counts = new Map<RegExp, number>();
  const answer = ({ url }: ApiRequest): ApiAnswer => {
    const found = answers.find(([pattern]) => pattern.test(url));
    if (found === undefined) return answerWith(404);
    const count = (counts.get(found[0]) ?? 0) + 1;
    counts.set(found[0], count);
    return typeof found[1] === 'function' ? found[1](count) : found[1];
  };
  const [glance, trove] = [fakeApi(answer), fakeApi(answer)];
  const { sleep, waits } = fakeSleep();
  const cloud = { access: { ...fakeAccess, ...access }, glance, trove, sleep };
  const seen = lookAtCloud(cloud, { ...usual, ...what });
  const outcome = await seen.then(
    (value) => ({ seen: value, problem: null }),
    (error) => ({ seen: null, problem: error.problems?.[0] ?? error }),
  );
  return { ...outcome, glance, trove, waits };
}
const noImages = [/glance/, page([])] as const;
const noVersions = [/datastore-versions$/, answerWith(200, { versions: [] })] as const;

describe('a look at the images', () => {
  it('is at our hidden ones, at the others, and at all that have the tags, each image once', async () => {
    const { seen, glance } = await look([
      [/os_hidden=true/, page([record('a', { os_hidden: true })])],
      [/os_hidden=false/, page([record('b')])],
      [/tag=t/, page([record('b'), record('c', { owner: 'p2' })])],
    ]);
    expect(seen?.images.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(glance.requests).toHaveLength(3);
    expect(seen).toMatchObject({ projectId: 'p1', nowMs: Date.parse(date) });
  });

  it('follows every list to its end', async () => {
    const { seen, glance } = await look(
      [
        [/marker=a/, page([record('b')], '/v2/images?limit=1&marker=b')],
        [/marker=b/, page([record('c')])],
        [/os_hidden=true/, page([record('a')], '/v2/images?limit=1&marker=a')],
        [/os_hidden=false/, page([])],
      ],
      { what: { tags: [], versions: 'none' } },
    );
    expect(seen?.images.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    expect(glance.lines()).toContain('GET http://glance/v2/images?limit=1&marker=b');
  });

  it('leaves out records that are none, and does not stumble over them', async () => {
    const { seen } = await look([
      [/os_hidden=true/, page([record('a'), {}, { id: 'x' }])],
      noImages,
    ]);
    expect(seen?.images.map(({ id }) => id)).toEqual(['a']);
  });

  it.each([['<html>maintenance</html>'], [{}], [null], [{ images: {} }]])(
    'fails when one of the lists is none, as a proxy may answer with 200: %j',
    async (body) => {
      const { problem } = await look([[/os_hidden=false/, answerWith(200, body)], noImages]);
      expect(problem).toMatchObject({
        code: 'cloud-unreachable',
        message: 'Glance of east does not show what is there: its answer is no list of images',
      });
    },
  );

  it('has the clock of Glance, by its latest answer; else that of its newest record', async () => {
    const early = answerWith(200, { images: [record('a')] }, { date: date.replace(':05', ':01') });
    expect((await look([[/os_hidden=true/, early], noImages])).seen?.nowMs).toBe(Date.parse(date));
    const bare = answerWith(200, { images: [record('a')] });
    expect((await look([[/glance/, bare]])).seen?.nowMs).toBe(Date.parse('2026-11-25T16:30:00Z'));
  });
});

describe('a service that does not answer', () => {
  const busy = (ends: number, answer: ApiAnswer) => (count: number) =>
    count <= ends ? answer : page([]);

  it.each<[string, ApiAnswer, readonly number[]]>([
    ['503', answerWith(503), [1000, 2000]],
    ['a broken connection', noAnswer, [1000, 2000]],
    ['429 that wants a pause', answerWith(429, '', { 'retry-after': '7' }), [7000, 7000]],
    ['429 that wants an hour', answerWith(429, '', { 'retry-after': '3600' }), [60_000, 60_000]],
  ])('is asked again after %s, with pauses', async (_, answer, pauses) => {
    const { seen, waits } = await look([[/os_hidden=true/, busy(2, answer)], noImages], {
      what: { tags: [], versions: 'none' },
    });
    expect(seen?.images).toEqual([]);
    expect(waits).toEqual(pauses);
  });

  it('ends the look in the end, with what it said', async () => {
    const { problem, glance, waits } = await look(
      [[/os_hidden=true/, answerWith(503, 'down for repair')], noImages],
      { what: { tags: [], versions: 'none' } },
    );
    expect(problem).toMatchObject({
      code: 'cloud-unreachable',
      message: 'Glance of east does not show what is there: 503 down for repair',
    });
    expect(glance.lines().filter((line) => /os_hidden=true/.test(line))).toHaveLength(5);
    expect(waits).toEqual([1000, 2000, 4000, 8000]);
  });

  it.each([
    [403, 'login-refused'],
    [401, 'login-refused'],
    [400, 'cloud-unreachable'],
    [404, 'cloud-unreachable'],
  ])('in a way that stays so is not asked again: %d', async (status, code) => {
    const { problem, waits } = await look([[/glance/, answerWith(status)]]);
    expect([problem.code, waits]).toEqual([code, []]);
  });
});

describe('a look at the datastore versions', () => {
  const listed = [/datastore-versions$/, answerWith(200, { versions: [version] })] as const;

  it('is at all of them, after Glance has made sure of the token', async () => {
    const order: string[] = [];
    const track = (url: string, answer: ApiAnswer) => (): ApiAnswer => {
      order.push(url);
      return answer;
    };
    const { seen } = await look([
      [/glance/, track('glance', page([]))],
      [/datastore-versions$/, track('trove', listed[1])],
    ]);
    expect(seen?.versions).toMatchObject([
      { id: 'v1', datastore: 'mysql', name: '8.4', imageId: 'a', tags: [], parameters: null },
    ]);
    expect(order.at(-1)).toBe('trove');
  });

  it('has the parameters of those that matter, and of no other', async () => {
    const rules = { 'configuration-parameters': [{ name: 'x', type: 'string' }, {}] };
    const other = { ...version, id: 'v2', name: '8.0' };
    const { seen, trove } = await look(
      [
        [/glance/, page([])],
        [/datastore-versions$/, answerWith(200, { versions: [version, other, {}] })],
        [/versions\/v1\/parameters$/, answerWith(200, rules)],
      ],
      { what: { parametersOf: [{ datastore: 'mysql', name: '8.4' }] } },
    );
    expect(seen?.versions?.map(({ id, parameters }) => [id, parameters])).toEqual([
      ['v1', [{ name: 'x', type: 'string', restartRequired: false, min: null, max: null }]],
      ['v2', null],
    ]);
    expect(trove.lines()).toEqual([
      'GET http://trove/v1.0/p1/mgmt/datastore-versions',
      'GET http://trove/v1.0/p1/mgmt/datastores/versions/v1/parameters',
    ]);
  });

  it.each<[string, ApiAnswer]>([
    ['is no administrator', noAdmin],
    ['may not', answerWith(403)],
    ['meets a Trove without that', answerWith(404)],
    ['is answered something else', answerWith(200, '<html>maintenance</html>')],
  ])('shows nothing to a login that %s, whether they are needed or not', async (_, answer) => {
    for (const versions of ['needed', 'wanted'] as const) {
      const { seen, waits } = await look([noImages, [/datastore-versions$/, answer]], {
        what: { versions },
      });
      expect([seen?.versions, waits]).toEqual([null, []]);
    }
  });

  it('fails when they are needed and Trove is down; else they are not there', async () => {
    const down = [noImages, [/trove/, noAnswer]] as const;
    const needed = await look(down, { what: { versions: 'needed' } });
    expect(needed.problem).toMatchObject({
      code: 'cloud-unreachable',
      message: expect.stringMatching(/^Trove of east .*socket hang up$/),
    });
    expect((await look(down)).seen?.versions).toBeNull();
  });

  it('is not made where there is no Trove, or nobody wants it', async () => {
    const without = await look([noImages, noVersions], { access: { troveUrl: '' } });
    const unwanted = await look([noImages, noVersions], { what: { versions: 'none' } });
    for (const { seen, trove } of [without, unwanted])
      expect([seen?.versions, trove.requests]).toEqual([null, []]);
  });
});

describe('a look at the servers', () => {
  const access = { novaUrl: 'http://nova/v2.1' };
  const images = ['promoted', 'retired', 'withdrawn', 'retired'].map((state, index) =>
    record(`i${index}`, {
      ...markImage(`i${index}`),
      ...markState(state as 'retired', 0),
    }),
  );
  const listed = [/os_hidden=true/, page(images)] as const;
  const lookAtServers = (answer: (url: string) => ApiAnswer) =>
    look(
      [
        listed,
        noImages,
        [/image=i1/, answer('i1')],
        [/image=i2/, answer('i2')],
        [/nova/, answer('')],
      ],
      {
        access,
        what: { versions: 'none', tags: [] },
      },
    );

  it('is about images that could be deleted only, and names those that are used', async () => {
    const { seen, glance } = await lookAtServers((id) =>
      answerWith(200, { servers: id === 'i1' ? [{ id: 's' }] : [] }),
    );
    expect(seen?.serverImageIds).toEqual(['i1']);
    const asked = glance.lines().filter((line) => line.includes('nova'));
    expect(asked).toEqual(
      ['i1', 'i2', 'i3'].map(
        (id) => `GET http://nova/v2.1/servers?all_tenants=1&image=${id}&limit=1`,
      ),
    );
  });

  it('takes an answer that nobody understands for a server: the image stays', async () => {
    const { seen } = await lookAtServers(() => answerWith(200, 'fine'));
    expect(seen?.serverImageIds).toEqual(['i1', 'i2', 'i3']);
  });

  it.each<[string, ApiAnswer]>([
    ['may not see them', answerWith(403)],
    ['gets no answer', noAnswer],
    ['gets an error', answerWith(500)],
  ])('tells nothing to a login that %s, and is no error', async (_, answer) => {
    const { seen } = await lookAtServers((id) =>
      id === 'i2' ? answer : answerWith(200, { servers: [] }),
    );
    expect(seen).toMatchObject({ serverImageIds: null });
  });

  it('tells nothing where there is no Nova', async () => {
    expect((await look([listed, noImages])).seen).toMatchObject({ serverImageIds: null });
  });
});
