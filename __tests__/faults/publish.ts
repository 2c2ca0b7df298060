import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { noteFigure } from '../support/figures.ts';
import { explainMissingOpenstack, type Login } from '../support/openstack.ts';
import type { PublishableBuild } from '../support/publishing/build.ts';
import { askService, holds, type ImageRecord } from '../support/publishing/images.ts';
import { type Line, makeLine } from '../support/publishing/line.ts';
import { image, on, put, slow, type Trouble, troubles } from '../support/publishing/troubles.ts';
import {
  killGroup,
  type Published,
  type PublishingSite,
  readPublished,
  startPublishingSite,
} from '../support/publishing.ts';

const MINUTE_MS = 60_000;
/** More than the time after which a run without a sign of life is dead. */
const LONG_MS = 11 * MINUTE_MS;
const missing = explainMissingOpenstack();
if (missing !== null) throw new Error(`no test stack here: ${missing}`);

let site: PublishingSite;
let publisher: Login;
let member: Login;

beforeAll(async () => {
  site = await startPublishingSite();
  publisher = await site.stack.tokens('publisher');
  member = await site.stack.tokens('member');
}, 5 * MINUTE_MS);
beforeEach(() => site.heal());
afterAll(() => site?.close(), MINUTE_MS);

/** A line of public images: who asks is of another project than who publishes. */
const makePublicLine = (name: string): Line =>
  makeLine(site, name, { owner: publisher, reader: member });

function expectPublished({ exitCode, outcome, log }: Published, wanted = 'published'): void {
  const end = { exitCode, outcome, log: log.slice(-2000) };
  expect(end).toMatchObject({ exitCode: 0, outcome: wanted });
}

/** What Trove finds is this build, whole. */
async function expectChosen(line: Line, build: PublishableBuild): Promise<void> {
  const image = await line.ask();
  expect({ image, isWhole: holds(image, build) }).toMatchObject({ isWhole: true });
}

const findImage = (images: readonly ImageRecord[], { buildId }: PublishableBuild) =>
  images.find(({ trove_build_id }) => trove_build_id === buildId);
const countTagged = (images: readonly ImageRecord[]): number =>
  images.filter(({ tags, os_hidden }) => tags.length > 0 && !os_hidden).length;

const describeCounts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count} times`)
    .join(', ');

/** Datastore versions, as an administrator sees them. */
async function listVersions() {
  const url = `${publisher.endpoints.database}/mgmt/datastore-versions`;
  const { body } = await askService(publisher, 'GET', url);
  return { url, versions: body.versions as readonly Record<string, unknown>[] };
}

describe('Keeping and going back', () => {
  it(
    'keep.by-tags: Trove finds the first image, then the second, and the third makes the first go',
    async () => {
      const line = makePublicLine('keep');
      const [first, second, third] = [line.makeNext(), line.makeNext(), line.makeNext()];
      const more = ['--datastore-versions', 'mysql 5.7.29 manager=mysql default=true'];
      expectPublished(await line.publish(first, { more, freshLogin: true }));
      await expectChosen(line, first);
      const { url, versions } = await listVersions();
      const version = versions.find(({ name }) => name === '5.7.29');
      expect(version).toMatchObject({ datastore_manager: 'mysql', active: true, default: true });
      expect(new Set(version?.image_tags as string[])).toEqual(new Set(line.tags));
      // Trove itself looks for the image when it is told tags
      const asked = { image_tags: line.tags };
      const { status } = await askService(publisher, 'PATCH', `${url}/${version?.id}`, asked);
      expect(status).toBe(202);

      expectPublished(await line.publish(second, { more }));
      await expectChosen(line, second);
      const kept = findImage(await line.list(), first);
      expect(kept).toMatchObject({ os_hidden: true, tags: [], trove_build_state: 'retired' });
      expect(holds(kept ?? null, first)).toBe(true);

      expectPublished(await line.publish(third, { more }));
      await expectChosen(line, third);
      expect(findImage(await line.list(), first)).toBeUndefined();
      expect(findImage(await line.list(), second)).toMatchObject({ trove_build_state: 'retired' });
      expectPublished(await line.publish(third, { more }), 'already-published');
      expect(await line.list()).toHaveLength(2);
    },
    3 * MINUTE_MS,
  );

  it(
    'keep.rollback: the predecessor comes back, and the build that was rolled back does not',
    async () => {
      const line = makePublicLine('back');
      const [first, second, third] = [line.makeNext(), line.makeNext(), line.makeNext()];
      for (const build of [first, second]) expectPublished(await line.publish(build));
      const reader = line.startReader();
      const words = ['publish', '--rollback', '--cloud', 'publisher', '--glance-name', line.name];
      const back = readPublished(await site.start([...words, '--json']).ended);
      const { wrong } = await reader.stop();
      expectPublished(back, 'rolled-back');
      // that the older one is there again is what was asked for
      expect(wrong.filter((answer) => !answer.startsWith('older'))).toEqual([]);
      await expectChosen(line, first);
      expect(countTagged(await line.list())).toBe(1);
      expect(await line.publish(second)).toMatchObject({ exitCode: 6, code: 'build-withdrawn' });
      await expectChosen(line, first);
      expectPublished(await line.publish(third));
      await expectChosen(line, third);
    },
    3 * MINUTE_MS,
  );

  it(
    'keep.by-id: an image that a datastore version names is never deleted',
    async () => {
      const line = makePublicLine('named');
      const [first, ...others] = [1, 2, 3, 4].map(() => line.makeNext());
      if (first === undefined) throw new Error('no build');
      const named = 'mariadb 10.6 manager=mariadb find=id';
      expectPublished(await line.publish(first, { more: ['--datastore-versions', named] }));
      const id = findImage(await line.list(), first)?.id;
      const { url, versions } = await listVersions();
      const version = versions.find(({ name }) => name === '10.6');
      expect(version).toMatchObject({ image: id });
      for (const build of others.slice(0, 2)) expectPublished(await line.publish(build));
      expect(findImage(await line.list(), first)).toMatchObject({ id, status: 'active' });
      await askService(publisher, 'DELETE', `${url}/${version?.id}`);
      for (const build of others.slice(2)) expectPublished(await line.publish(build));
      expect(findImage(await line.list(), first)).toBeUndefined();
    },
    3 * MINUTE_MS,
  );

  it(
    'keep.dry-run: looking changes nothing',
    async () => {
      const line = makePublicLine('dry');
      const [first, second] = [line.makeNext(), line.makeNext()];
      expectPublished(await line.publish(first));
      const before = await line.list();
      const dry = await line.publish(second, { more: ['--dry-run'] });
      expect(dry.exitCode).toBe(0);
      const status = ['status', '--cloud', 'publisher', '--glance-name', line.name, '--json'];
      expect((await site.start(status).ended).status).toBe(0);
      expect(await line.list()).toEqual(before);
    },
    MINUTE_MS,
  );
});

describe('F11', () => {
  let line: Line;
  let old: PublishableBuild;

  beforeAll(async () => {
    line = makePublicLine('faults');
    old = line.makeNext();
    expectPublished(await line.publish(old));
  }, MINUTE_MS);

  it.each(troubles.map((trouble) => [trouble.id, trouble.what, trouble] as const))(
    'F11.%s: %s leaves no orphan and the old image in place, and publishing again works',
    async (id, _what, trouble) => {
      const build = line.makeNext();
      const first = await meet(trouble, build);
      const isPromoted = first.outcome === 'published' || isPromotedBy(trouble);
      await expectChosen(line, isPromoted ? build : old);
      const left = await line.listOrphans();
      if (trouble.ends === 'either') expect(left.length).toBeLessThanOrEqual(1);
      else expect(left).toHaveLength(trouble.leaves ?? 0);
      if (left.length > 0) site.passTime(LONG_MS);

      const again = await line.publish(build);
      expectPublished(again, isPromoted ? 'already-published' : 'published');
      old = build;
      await expectChosen(line, build);
      expect(await line.listOrphans()).toEqual([]);
      expect(countTagged(await line.list())).toBe(1);
      const ended = first.outcome ?? first.code ?? 'killed';
      noteFigure(
        `F11.${id}`,
        `${ended} after ${first.seconds.toFixed(1)} s, ${left.length} orphans, ${again.outcome} again after ${again.seconds.toFixed(1)} s`,
      );
    },
    3 * MINUTE_MS,
  );

  const isPromotedBy = ({ ends }: Trouble): boolean =>
    typeof ends === 'object' && ends.isPromoted === true;

  async function meet(trouble: Trouble, build: PublishableBuild): Promise<Published> {
    const { faults = {}, settings, ends } = trouble;
    await trouble.before?.(site);
    if (settings !== undefined) await site.stack.up(settings);
    for (const service of ['keystone', 'glance', 'trove'] as const) {
      site.setFaults(service, faults[service] ?? []);
    }
    const program = line.start(build, trouble.how);
    const [ended] = await Promise.all([program.ended, trouble.during?.(site, program)]);
    site.heal();
    if (settings !== undefined) await site.stack.up();
    await trouble.after?.(site);
    const run = readPublished(ended);
    if (ends === 'published') expectPublished(run);
    if (ends === 'killed') expect(run.outcome).not.toBe('published');
    if (typeof ends === 'object') {
      const { exitCode, code, log } = run;
      expect({ exitCode, code, log }).toMatchObject({ exitCode: 6, code: ends.code });
    }
    return run;
  }

  it(
    'F11.promote-forbidden: who may not make images public is told so, and keeps the old one',
    async () => {
      const own = makeLine(site, 'forbidden', {
        ...{ owner: member, reader: member },
        ...{ cloud: 'member', visibility: 'private' },
      });
      const [first, second] = [own.makeNext(), own.makeNext()];
      expectPublished(await own.publish(first));
      const refused = await own.publish(second, { visibility: 'public' });
      expect(refused).toMatchObject({ exitCode: 6, code: 'glance-refused' });
      expect(refused.log).toMatch(/administrators/);
      await expectChosen(own, first);
      expect(await own.listOrphans()).toEqual([]);
      expectPublished(await own.publish(second));
      await expectChosen(own, second);
      noteFigure('F11.promote-forbidden', `${refused.code}, 0 orphans, published again as private`);
    },
    2 * MINUTE_MS,
  );

  it(
    'F11.others: images of other makers with the same name or all our properties are not touched',
    async () => {
      const url = `${publisher.endpoints.image}/v2/images`;
      const ours = await line.ask();
      const inherited = Object.entries(ours ?? {}).filter(([name]) => /^trove_build_/.test(name));
      const make = async (name: string, properties: object) => {
        const record = { name, disk_format: 'raw', container_format: 'bare', ...properties };
        const { body } = await askService(publisher, 'POST', url, record);
        return (await askService(publisher, 'GET', `${url}/${body.id}`)).body;
      };
      const others = [
        await make(line.name, {}),
        await make(ours?.name ?? '', {}),
        await make('a snapshot of a guest', Object.fromEntries(inherited)),
      ];
      site.passTime(LONG_MS);
      const build = line.makeNext();
      expectPublished(await line.publish(build));
      old = build;
      for (const other of others) {
        expect((await askService(publisher, 'GET', `${url}/${other.id}`)).body).toEqual(other);
        await askService(publisher, 'DELETE', `${url}/${other.id}`);
      }
      noteFigure('F11.others', `${others.length} of ${others.length} as they were`);
    },
    MINUTE_MS,
  );
});

describe('F12', () => {
  const kills = 25;

  it(
    `F12.kills: ${kills} kills at random, and the reader always gets a complete, verified image`,
    async () => {
      const line = makePublicLine('kills');
      expectPublished(await line.publish(line.makeNext()));
      site.setFaults('glance', [slow]);
      const countRequests = () => site.proxies.glance.requests.length;
      const before = countRequests();
      const measured = await line.publish(line.makeNext());
      expectPublished(measured);
      const whole = { requests: countRequests() - before, ms: measured.seconds * 1000 };
      const reader = line.startReader();
      const moments: Record<string, number> = {};
      let killed = 0;
      for (let turn = 0; killed < kills && turn < 2 * kills; turn += 1) {
        // each of 25 parts of a publication once: by its time, and by its requests, of which most come late
        const share = ((turn % kills) + Math.random()) / kills;
        const build = line.makeNext();
        const first = countRequests();
        const run = line.start(build);
        const isOver = run.ended.then(() => true);
        const isDue = async (): Promise<void> => {
          if (turn % 2 === 0) return sleep(share * whole.ms);
          const isRunning = () => run.child.exitCode === null && run.child.signalCode === null;
          while (isRunning() && countRequests() - first < share * whole.requests) await sleep(2);
          return sleep(Math.random() * 100);
        };
        await Promise.race([isOver, isDue()]);
        killGroup(run);
        if ((await run.ended).signal === 'SIGKILL') {
          killed += 1;
          const left = findImage(await line.list(), build);
          const moment =
            left === undefined ? 'nothing' : `${left.trove_build_state} ${left.status}`;
          moments[moment] = (moments[moment] ?? 0) + 1;
        }
        site.passTime(LONG_MS);
      }
      site.setFaults('glance', []);
      const last = line.makeNext();
      expectPublished(await line.publish(last));
      const { questions, wrong, given } = await reader.stop();
      expect(killed).toBe(kills);
      expect(wrong).toEqual([]);
      expect(given.at(-1)).toEqual(last);
      await expectChosen(line, last);
      expect(await line.listOrphans()).toEqual([]);
      expect(countTagged(await line.list())).toBe(1);
      expect(await line.list()).toHaveLength(2);
      noteFigure(
        'F12.kills',
        `${killed} kills, which left ${describeCounts(moments)}; ${questions} questions, ${wrong.length} wrong, ${given.length} images in turn`,
      );
    },
    8 * MINUTE_MS,
  );
});

describe('F13', () => {
  it.each([2, 3, 4, 5])(
    'F13.together-%s: nightlies at once end with the newest source promoted, and nothing else',
    async (count) => {
      const line = makePublicLine(`nightly-${count}`);
      expectPublished(await line.publish(line.makeNext()));
      const reader = line.startReader();
      site.setFaults('glance', [slow]);
      const builds = Array.from({ length: count }, () => line.makeNext());
      const runs = builds
        .toSorted(() => Math.random() - 0.5)
        .map(async (build) => {
          await sleep(Math.random() * 4000);
          return { build, run: await line.publish(build) };
        });
      const ends = await Promise.all(runs);
      const { wrong } = await reader.stop();
      const newest = builds.at(-1);
      if (newest === undefined) throw new Error('no build');
      for (const { build, run } of ends) {
        expect(run.exitCode).toBe(0);
        if (build === newest) expect(run.outcome).toBe('published');
        else expect(['published', 'superseded']).toContain(run.outcome);
      }
      expect(wrong).toEqual([]);
      await expectChosen(line, newest);
      const images = await line.list();
      expect(await line.listOrphans()).toEqual([]);
      expect(countTagged(images)).toBe(1);
      const logs = ends.map(({ build, run }) => `${builds.indexOf(build)}:\n${run.log}`);
      expect({ kept: images.length, logs }).toMatchObject({ kept: 2 });
      const outcomes = ends.map(({ build, run }) => `${builds.indexOf(build)} ${run.outcome}`);
      noteFigure(`F13.together-${count}`, outcomes.toSorted().join(', '));
    },
    5 * MINUTE_MS,
  );

  it(
    'F13.overtaken: a candidate that is promoted while a newer run deletes it is replaced, and the kept number holds',
    async () => {
      const line = makePublicLine('overtaken');
      const [first, older, newer] = [line.makeNext(), line.makeNext(), line.makeNext()];
      expectPublished(await line.publish(first));
      const { requests } = site.proxies.glance;
      const see = async (method: string, isSeen: (status: number | null) => boolean) => {
        const before = requests.length;
        const seen = () =>
          requests.slice(before).find((each) => each.method === method && isSeen(each.status));
        while (seen() === undefined) await sleep(10);
      };
      const isAsked = see('PATCH', () => true);
      const isPromoted = see('PATCH', (status) => status === 200);
      const isDeleting = see('DELETE', () => true);
      site.setFaults('glance', [
        on('PATCH', image, { kind: 'hold', until: isDeleting }, 1),
        on('DELETE', image, { kind: 'hold', until: isPromoted }, 1),
      ]);
      const reader = line.startReader();
      const early = line.publish(older);
      await isAsked;
      expectPublished(await line.publish(newer));
      expect((await early).exitCode).toBe(0);
      const { wrong } = await reader.stop();
      expect(wrong).toEqual([]);
      await expectChosen(line, newer);
      expect(await line.listOrphans()).toEqual([]);
      const images = await line.list();
      expect(countTagged(images)).toBe(1);
      expect(images.map(({ trove_build_state }) => trove_build_state)).toHaveLength(2);
      noteFigure('F13.overtaken', `${images.length} kept, ${(await early).outcome} before`);
    },
    2 * MINUTE_MS,
  );

  it(
    'F13.late: a late finisher of older source does not replace newer source',
    async () => {
      const line = makePublicLine('late');
      const [first, older, newer] = [line.makeNext(), line.makeNext(), line.makeNext()];
      expectPublished(await line.publish(first));
      site.setFaults('glance', [put({ kind: 'slow', bytesPerSecond: 500_000 })]);
      const reader = line.startReader();
      const late = line.start(older);
      await late.seen(/Upload \d+ bytes/);
      expectPublished(await line.publish(newer));
      const end = readPublished(await late.ended);
      const { wrong } = await reader.stop();
      expectPublished(end, 'superseded');
      expect(wrong).toEqual([]);
      await expectChosen(line, newer);
      expect(await line.listOrphans()).toEqual([]);
      expectPublished(await line.publish(older), 'superseded');
      await expectChosen(line, newer);
      noteFigure('F13.late', `${end.outcome} after ${end.seconds.toFixed(1)} s`);
    },
    2 * MINUTE_MS,
  );
});

describe('F14', () => {
  let line: Line;
  const places = [0, 7, 100, 65_535, 65_536, 1_048_576, 2_000_000, 3_333_333, -4096, -1];

  beforeAll(async () => {
    line = makePublicLine('flips');
    expectPublished(await line.publish(line.makeNext()));
  }, MINUTE_MS);

  it.each(places)(
    'F14.%s: a bit that turns over on the way is found, and the image is not promoted',
    async (atByte) => {
      const build = line.makeNext();
      site.setFaults('glance', [put({ kind: 'flip', atByte })]);
      const before = site.proxies.glance.requests.length;
      const reader = line.startReader();
      const run = await line.publish(build);
      const { wrong } = await reader.stop();
      expectPublished(run);
      expect(run.log).toMatch(/start over: its sha512 is not that of the file/);
      const uploads = site.proxies.glance.requests
        .slice(before)
        .filter(({ method, status }) => method === 'PUT' && status === 204);
      expect(uploads).toHaveLength(2);
      expect(wrong).toEqual([]);
      await expectChosen(line, build);
      expect(await line.listOrphans()).toEqual([]);
      noteFigure(`F14.${atByte}`, `found, uploaded anew in ${run.seconds.toFixed(1)} s`);
    },
    MINUTE_MS,
  );
});
