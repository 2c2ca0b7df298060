import { chooseDelay, readPause, readRefusal } from '../core/openstack/answers.ts';
import { findNextPage, listImageUrls, serversUrl } from '../core/openstack/images.ts';
import { parametersPath, versionsPath } from '../core/openstack/versions.ts';
import { readImage, readParameter, readVersion } from '../core/publish/read.ts';
import { failure } from '../errors.ts';
import type { CloudAccess } from '../model/publication.ts';
import { buildProperties, type Seen, type SeenImage, type SeenVersion } from '../model/publish.ts';
import type { Api, ApiAnswer } from '../ports/api.ts';
import type { Sleep } from '../ports/machine.ts';

/** A cloud with a login, as the stages use it. */
export interface Cloud {
  readonly access: CloudAccess;
  readonly glance: Api;
  readonly trove: Pick<Api, 'call'>;
  readonly sleep: Sleep;
}

/** What a look has to tell, beside the images of the line. */
export interface LookFor {
  readonly line: string;
  readonly tags: readonly string[];
  /** Datastore versions are read where there is a Trove; `needed`: the look fails when that fails. */
  readonly versions: 'needed' | 'wanted' | 'none';
  /** Datastore versions whose configuration parameters matter. */
  readonly parametersOf: readonly { readonly datastore: string; readonly name: string }[];
}

type Body = Readonly<Record<string, unknown>> | null;

/** All that one look at a cloud tells. What does not answer is asked again; throws when it still does not. */
export async function lookAtCloud(cloud: Cloud, what: LookFor): Promise<Seen> {
  const images = await readImages(cloud, what);
  // after Glance, which has renewed a token that has ended: Trove does not tell that from a missing role
  const versions = what.versions === 'none' ? null : await readVersions(cloud, what);
  const serverImageIds = await readServers(cloud, images.images);
  return { ...images, projectId: cloud.access.projectId, versions, serverImageIds };
}

async function readImages(cloud: Cloud, { line, tags }: LookFor) {
  const lists = await Promise.all(
    listImageUrls(cloud.access, line, tags).map((url) => readList(cloud, url)),
  );
  const images = new Map<string, SeenImage>();
  for (const image of lists.flatMap((list) => list.images)) images.set(image.id, image);
  // the clock of a Glance that gives no time is that of its newest record
  const times = lists.map(({ dateMs }) => dateMs).filter((ms) => !Number.isNaN(ms));
  const records = [...images.values()].map(({ updatedAtMs }) => updatedAtMs);
  return {
    nowMs: Math.max(0, ...(times.length > 0 ? times : records)),
    images: [...images.values()],
  };
}

async function readList(cloud: Cloud, firstUrl: string) {
  const images: SeenImage[] = [];
  let dateMs = Number.NaN;
  for (let url: string | null = firstUrl; url !== null; ) {
    const { headers, body } = await ask(cloud, cloud.glance, url, 'Glance');
    dateMs = Date.parse(headers.date ?? '');
    const records = (body as Body)?.images;
    if (!Array.isArray(records))
      throw unreadable(cloud, 'Glance', 'its answer is no list of images');
    images.push(...records.flatMap((raw) => readImage(raw) ?? []));
    url = findNextPage(cloud.access, body);
  }
  return { images, dateMs };
}

/** Null where there is no Trove, or it does not show them to this login. */
async function readVersions(cloud: Cloud, what: LookFor): Promise<readonly SeenVersion[] | null> {
  if (cloud.access.troveUrl === '') return null;
  const url = `${cloud.access.troveUrl}${versionsPath}`;
  const answer = await ask(cloud, cloud.trove, url, 'Trove', [401, 403, 404]).catch((error) => {
    if (what.versions === 'needed') throw error;
    return null;
  });
  if (answer === null || answer.status !== 200) return null;
  const records = (answer.body as Body)?.versions;
  if (!Array.isArray(records)) return null;
  return Promise.all(
    records.map(async (raw) => {
      const version = readVersion(raw, null);
      const isNamed = what.parametersOf.some(
        (each) => each.datastore === version?.datastore && each.name === version?.name,
      );
      if (version === null || !isNamed) return version;
      return { ...version, parameters: await readParameters(cloud, version.id) };
    }),
  ).then((versions) => versions.filter((version) => version !== null));
}

async function readParameters({ access, ...cloud }: Cloud, versionId: string) {
  const url = `${access.troveUrl}${parametersPath(versionId)}`;
  const { body } = await ask({ ...cloud, access }, cloud.trove, url, 'Trove');
  const records = (body as Body)?.['configuration-parameters'];
  return (Array.isArray(records) ? records : []).flatMap((raw) => readParameter(raw) ?? []);
}

/** Asks about images of ours that may be deleted; null when this login may not see the servers of all projects. */
async function readServers(
  { access, glance }: Cloud,
  images: readonly SeenImage[],
): Promise<readonly string[] | null> {
  if (access.novaUrl === '') return null;
  const old = images.filter(({ properties }) =>
    ['retired', 'withdrawn'].includes(properties[buildProperties.state] ?? ''),
  );
  const answers = await Promise.all(
    old.map(async ({ id }) => ({
      id,
      answer: await glance.call({ method: 'GET', url: serversUrl(access, id) }),
    })),
  );
  if (answers.some(({ answer }) => answer.kind === 'no-answer' || answer.status !== 200))
    return null;
  return answers.flatMap(({ id, answer }) => {
    const servers = answer.kind === 'answer' && (answer.body as Body)?.servers;
    return Array.isArray(servers) && servers.length === 0 ? [] : [id];
  });
}

const tries = 5;

async function ask(
  { access, sleep }: Pick<Cloud, 'access' | 'sleep'>,
  api: Pick<Api, 'call'>,
  url: string,
  service: string,
  accepted: readonly number[] = [],
): Promise<ApiAnswer & { readonly kind: 'answer' }> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await api.call({ method: 'GET', url });
    const refusal = readRefusal(answer);
    if (
      answer.kind === 'answer' &&
      (refusal === null || (accepted.includes(answer.status) && refusal.reason !== 'unavailable'))
    )
      return answer;
    if (attempt === tries || refusal?.reason !== 'unavailable') {
      const isForbidden = refusal?.reason === 'forbidden';
      throw unreadable({ access }, service, refusal?.text ?? '', isForbidden);
    }
    const asked = answer.kind === 'answer' ? readPause(answer.headers) : null;
    await sleep(chooseDelay(attempt, asked));
  }
}

/** What was not shown might be there: nothing is decided without it. */
const unreadable = (
  { access }: Pick<Cloud, 'access'>,
  service: string,
  why: string,
  isForbidden = false,
): Error =>
  failure(
    'publish',
    isForbidden ? 'login-refused' : 'cloud-unreachable',
    `${service} of ${access.cloud} does not show what is there: ${why}`,
    `Look at ${service} and at the role of the login; publish again: what is left over is tidied first.`,
  );
