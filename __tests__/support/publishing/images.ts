import { setTimeout as sleep } from 'node:timers/promises';
import type { Login } from '../openstack.ts';
import type { PublishableBuild } from './build.ts';

/** A record of Glance, as it comes. */
export interface ImageRecord {
  readonly id: string;
  readonly name: string;
  readonly status: string;
  readonly size: number | null;
  readonly os_hash_value: string | null;
  readonly os_hidden: boolean;
  readonly protected: boolean;
  readonly tags: readonly string[];
  readonly visibility: string;
  readonly created_at: string;
  readonly trove_build_id?: string;
  readonly trove_build_state?: string;
}

/** One request to a service with the token of a login; what came back. */
export async function askService(
  { token }: Login,
  method: string,
  url: string,
  body?: unknown,
  contentType = 'application/json',
) {
  const isBinary = Buffer.isBuffer(body);
  const answer = await fetch(url, {
    method,
    headers: { 'X-Auth-Token': token, 'Content-Type': contentType },
    body: body === undefined ? null : isBinary ? new Uint8Array(body) : JSON.stringify(body),
  });
  const text = await answer.text();
  const isJson = answer.headers.get('Content-Type')?.includes('json') ?? false;
  return { status: answer.status, body: isJson && text !== '' ? JSON.parse(text) : text };
}

/** Asks Glance as Trove does, with the token of who wants an instance; null when there is no such image. */
export async function askAsTrove(login: Login, tags: readonly string[]) {
  const query = new URLSearchParams(tags.map((tag): [string, string] => ['tag', tag]));
  const url = `${login.endpoints.image}/v2/images?limit=1&sort=created_at:desc&status=active&${query}`;
  const { status, body } = await askService(login, 'GET', url);
  if (status !== 200) throw new Error(`Glance answers ${status}`);
  return ((body.images as ImageRecord[])[0] ?? null) satisfies ImageRecord | null;
}

/** Every image of a line that its project has, hidden ones too; the newest first. */
export async function listLine(login: Login, line: string): Promise<readonly ImageRecord[]> {
  const lists = await Promise.all(
    ['true', 'false'].map(async (hidden) => {
      const query = { trove_build_line: line, owner: login.projectId, limit: '200' };
      const url = `${login.endpoints.image}/v2/images?${new URLSearchParams(query)}&os_hidden=${hidden}`;
      return (await askService(login, 'GET', url)).body.images as ImageRecord[];
    }),
  );
  return lists.flat().sort((a, b) => (a.created_at < b.created_at ? 1 : -1));
}

/** Images that nobody will ever be given: records without their bytes, and candidates. */
export const findOrphans = (images: readonly ImageRecord[]): readonly ImageRecord[] =>
  images.filter(
    ({ status, trove_build_state }) => status !== 'active' || trove_build_state === 'candidate',
  );

/** Whether an image has exactly the bytes of a build. */
export const holds = (image: ImageRecord | null, build: PublishableBuild): boolean =>
  image?.status === 'active' &&
  image.size === build.sizeBytes &&
  image.os_hash_value === build.sha512 &&
  image.trove_build_id === build.buildId;

/** What a reader was told in all the time. */
export interface Reading {
  questions: number;
  /** Answers that were no image, or not exactly the bytes of a build, or of older source than the one before. */
  readonly wrong: string[];
  /** Builds that it was given, in turn. */
  readonly given: PublishableBuild[];
}

/** Asks Trove's question ten times a second, until it is told to stop. */
export function startReader(
  login: Login,
  tags: readonly string[],
  builds: readonly PublishableBuild[],
): { stop(): Promise<Reading> } {
  const reading: Reading = { questions: 0, wrong: [], given: [] };
  let isOver = false;
  const read = async (): Promise<void> => {
    const image = await askAsTrove(login, tags);
    reading.questions += 1;
    const build = builds.find((each) => holds(image, each));
    const before = reading.given.at(-1);
    if (build === undefined) reading.wrong.push(JSON.stringify(image));
    else if (before !== undefined && build.sourceTimeMs < before.sourceTimeMs) {
      reading.wrong.push(`older again: ${JSON.stringify(image)}`);
    }
    if (build !== undefined && build !== before) reading.given.push(build);
  };
  const done = (async () => {
    for (let due = performance.now(); !isOver; due += 100) {
      await read().catch((error) => reading.wrong.push(String(error)));
      await sleep(Math.max(0, due + 100 - performance.now()));
    }
    return reading;
  })();
  return {
    stop() {
      isOver = true;
      return done;
    },
  };
}
