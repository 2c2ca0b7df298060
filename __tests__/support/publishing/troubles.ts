import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from '../fault-proxy/faults.ts';
import { killGroup, type PublishingSite, type Service } from '../publishing.ts';
import type { Program } from '../stand-in/program.ts';
import type { How } from './line.ts';

/** A fault of an upload. */
export const put = (effect: Fault['effect'], times = 1, skip = 0): Fault => ({
  ...{ method: 'PUT', path: /\/file$/, effect, times, skip },
});
/** A fault of other requests, each of them unless `times` is given. */
export const on = (
  method: string,
  path: RegExp,
  effect: Fault['effect'],
  times?: number,
): Fault => ({
  ...{ method, path, effect, ...(times === undefined ? {} : { times }) },
});
const answer = (status: number, at = 0, headers = {}): Fault['effect'] => ({
  ...{ kind: 'answer', at, status, headers },
});
/** One image. */
export const image = /^\/v2\/images\/[0-9a-f-]+$/;
const images = /^\/v2\/images$/;
const versions = /\/mgmt\/datastore-versions/;

/** One fault: how it is made, how the run ends that meets it, and how the world is healed. */
export interface Trouble {
  readonly id: string;
  readonly what: string;
  readonly faults?: Partial<Record<Service, readonly Fault[]>>;
  /** Settings of the stack while the fault lasts. */
  readonly settings?: readonly string[];
  readonly how?: How;
  /** Done before the run. */
  readonly before?: (site: PublishingSite) => Promise<void>;
  /** Done while the run is under way. */
  readonly during?: (site: PublishingSite, run: Program) => Promise<void>;
  /** How the run ends: it overcomes the fault, ends with an error of this code, is killed, or the one or the other. */
  readonly ends:
    | 'published'
    | 'killed'
    | 'either'
    | { readonly code: string; readonly isPromoted?: boolean };
  /** Images that stay for the next run to tidy: where it could not do so itself. */
  readonly leaves?: 1;
  /** Done after the run, when nothing is proxied harmfully any more. */
  readonly after?: (site: PublishingSite) => Promise<void>;
}

/** Makes every upload take its time. */
export const slow: Fault = put({ kind: 'slow', bytesPerSecond: 2_500_000 }, 9);
const aVersion = ['--datastore-versions', 'mysql 5.7.29 manager=mysql'];

/** Waits until an upload is under way. */
async function seeUpload(site: PublishingSite): Promise<void> {
  const before = site.proxies.glance.requests.length;
  const isUnderWay = () =>
    site.proxies.glance.requests
      .slice(before)
      .some(({ method, bodyBytes }) => method === 'PUT' && bodyBytes > 500_000);
  while (!isUnderWay()) await sleep(20);
}

export const troubles: readonly Trouble[] = [
  {
    id: 'token-ends',
    what: 'a token that is refused in the middle of the upload',
    faults: { glance: [put(answer(401, 50))] },
    how: { freshLogin: true },
    ends: 'published',
  },
  {
    id: 'token-never-good',
    what: 'a Glance that refuses every token',
    faults: { glance: [on('*', /./, answer(401))] },
    ends: { code: 'login-refused' },
  },
  {
    id: 'conflict',
    what: 'an upload that meets another one',
    faults: { glance: [put(answer(409))] },
    ends: 'published',
  },
  {
    id: 'quota',
    what: 'a quota that is full',
    settings: ['glance:DEFAULT.user_storage_quota=1000000B'],
    ends: { code: 'glance-refused' },
  },
  {
    id: 'size-cap',
    what: 'an image that is found too large when all of it is there',
    settings: ['glance:DEFAULT.image_size_cap=2000000'],
    ends: { code: 'glance-refused' },
  },
  {
    id: 'too-many-requests',
    what: 'a Glance that wants a pause at every step',
    faults: {
      glance: [
        on('GET', /./, answer(429, 0, { 'Retry-After': '1' }), 1),
        on('POST', images, answer(429, 0, { 'Retry-After': '1' }), 1),
        put(answer(429, 0, { 'Retry-After': '1' })),
        on('PATCH', image, answer(429, 0, { 'Retry-After': '1' }), 1),
      ],
    },
    ends: 'published',
  },
  {
    id: '503-before-the-body',
    what: 'an upload that is answered 503 before the body',
    faults: { glance: [put(answer(503))] },
    ends: 'published',
  },
  {
    id: '502-at-half',
    what: 'an upload that is answered 502 in the middle, twice',
    faults: { glance: [put(answer(502, 50), 2)] },
    ends: 'published',
  },
  {
    id: '500-at-the-end',
    what: 'an upload that is answered 500 after 99 % of it, always',
    faults: { glance: [put(answer(500, 99), 99)] },
    ends: { code: 'glance-refused' },
  },
  {
    id: 'reset-at-once',
    what: 'an upload whose connection is reset before the body',
    faults: { glance: [put({ kind: 'reset', at: 0 })] },
    ends: 'published',
  },
  {
    id: 'reset-at-half',
    what: 'an upload whose connection is reset in the middle, always',
    faults: { glance: [put({ kind: 'reset', at: 50 }, 99)] },
    ends: { code: 'glance-refused' },
  },
  {
    id: 'reset-at-the-end',
    what: 'an upload whose connection is reset after 99 % of it',
    faults: { glance: [put({ kind: 'reset', at: 99 })] },
    ends: 'published',
  },
  {
    id: 'upload-answer-lost',
    what: 'an upload whose answer is lost',
    faults: { glance: [put({ kind: 'reset', at: 100 })] },
    ends: 'published',
  },
  {
    id: 'stall',
    what: 'an upload in which nothing moves any more',
    faults: { glance: [put({ kind: 'stall', at: 40 })] },
    how: { more: ['--stall-timeout', '5'] },
    ends: 'published',
  },
  {
    id: 'stuck-saving',
    what: 'a Glance that is killed during the upload',
    faults: { glance: [slow] },
    async during(site) {
      await seeUpload(site);
      await site.stack.kill('glance');
      await site.stack.up();
    },
    // as long as Glance is away, the run cannot tidy
    ends: 'either',
    leaves: 1,
  },
  {
    id: 'hash-differs',
    what: 'a digest of Glance that is not that of the file',
    faults: {
      glance: [
        on('GET', /os_hidden=true/, {
          kind: 'edit',
          edit: (text) => text.replaceAll(/("os_hash_value": ")[0-9a-f]{8}/g, '$100000000'),
        }),
      ],
    },
    ends: { code: 'upload-damaged' },
  },
  {
    id: 'delete-fails',
    what: 'a damaged upload that cannot be deleted',
    faults: { glance: [put({ kind: 'flip', atByte: -1 }), on('DELETE', image, answer(500))] },
    ends: { code: 'glance-refused' },
    leaves: 1,
  },
  {
    id: 'create-answer-lost',
    what: 'a new image whose answer is lost',
    faults: { glance: [on('POST', images, { kind: 'reset', at: 100 }, 1)] },
    ends: 'published',
  },
  {
    id: 'promote-answer-lost',
    what: 'a promotion whose answer is lost',
    faults: { glance: [on('PATCH', image, { kind: 'reset', at: 100 }, 1)] },
    ends: 'published',
  },
  {
    id: 'promote-fails',
    what: 'a promotion that is answered 500, always',
    faults: { glance: [on('PATCH', image, answer(500))] },
    ends: { code: 'glance-refused' },
  },
  {
    id: 'retire-fails',
    what: 'a predecessor that keeps its tags',
    faults: { glance: [{ ...on('PATCH', image, answer(503)), skip: 1 }] },
    ends: { code: 'glance-refused', isPromoted: true },
  },
  {
    id: 'glance-shows-nothing',
    what: 'a Glance that does not list its images',
    faults: { glance: [on('GET', /^\/v2\/images\?/, answer(503))] },
    ends: { code: 'cloud-unreachable' },
  },
  {
    id: 'trove-down',
    what: 'a Trove that is down',
    how: { more: aVersion },
    before: (site) => site.stack.kill('trove'),
    ends: { code: 'cloud-unreachable' },
    after: (site) => site.stack.up(),
  },
  {
    id: 'trove-refuses',
    what: 'a Trove that answers 500 to the datastore version',
    faults: { trove: [on('POST', versions, answer(500)), on('PATCH', versions, answer(500))] },
    how: { more: ['--datastore-versions', 'mysql 8.0 manager=mysql'] },
    ends: { code: 'trove-refused', isPromoted: true },
  },
  {
    id: 'keystone-fails-once',
    what: 'a Keystone that answers 503 once',
    faults: { keystone: [on('POST', /tokens/, answer(503), 1)] },
    how: { freshLogin: true },
    ends: 'published',
  },
  {
    id: 'keystone-down',
    what: 'a Keystone that is down',
    how: { freshLogin: true },
    before: (site) => site.stack.kill('keystone'),
    ends: { code: 'login-failed' },
    after: (site) => site.stack.up(),
  },
  {
    id: 'killed',
    what: 'a publisher that is killed in the middle of the upload',
    faults: { glance: [slow] },
    async during(site, run) {
      await seeUpload(site);
      killGroup(run);
    },
    ends: 'killed',
    leaves: 1,
  },
  {
    id: 'cancelled',
    what: 'a publisher that is told to end in the middle of the upload',
    faults: { glance: [slow] },
    async during(site, { child }) {
      await seeUpload(site);
      child.kill('SIGINT');
    },
    ends: 'killed',
  },
];
