import { join } from 'node:path';
import type { Login } from '../openstack.ts';
import {
  type Published,
  type PublishingSite,
  type PublishWords,
  publishWords,
  readPublished,
  type StartOptions,
} from '../publishing.ts';
import type { Program } from '../stand-in/program.ts';
import { makeBuild, type PublishableBuild } from './build.ts';
import { askAsTrove, findOrphans, type ImageRecord, listLine, startReader } from './images.ts';

const MINUTE_MS = 60_000;

/** Images that replace one another, and who asks about them. */
export interface Line {
  readonly name: string;
  readonly tags: readonly string[];
  /** All that were made, the oldest source first. */
  readonly builds: PublishableBuild[];
  /** A build of newer source than all before. */
  makeNext(contentBytes?: number): PublishableBuild;
  start(build: PublishableBuild, how?: How): Program;
  publish(build: PublishableBuild, how?: How): Promise<Published>;
  /** What Trove would choose for the reader. */
  ask(): Promise<ImageRecord | null>;
  /** Asks that ten times a second. */
  startReader(): ReturnType<typeof startReader>;
  list(): Promise<readonly ImageRecord[]>;
  /** Names and states of images that nobody will ever be given. */
  listOrphans(): Promise<readonly string[]>;
}

export interface How extends Partial<Omit<PublishWords, 'line' | 'tags'>>, StartOptions {}

/** A line of its own: `owner` has the images, and `reader` asks Trove's question. */
export function makeLine(
  site: PublishingSite,
  name: string,
  { owner, reader, ...usual }: { readonly owner: Login; readonly reader: Login } & How,
): Line {
  const tags = ['trove', name];
  const builds: PublishableBuild[] = [];
  const start = (build: PublishableBuild, how: How = {}): Program => {
    const words = publishWords(build, { line: name, tags, ...usual, ...how });
    return site.start(words, how);
  };
  const list = () => listLine(owner, name);
  return {
    ...{ name, tags, builds, start, list },
    makeNext(contentBytes) {
      const sourceTimeMs = Date.parse('2026-11-01T00:00:00Z') + builds.length * MINUTE_MS;
      const directory = join(site.directory, `${name}-${builds.length}`);
      const build = makeBuild(directory, sourceTimeMs, contentBytes);
      builds.push(build);
      return build;
    },
    publish: async (build, how) => readPublished(await start(build, how).ended),
    ask: () => askAsTrove(reader, tags),
    startReader: () => startReader(reader, tags, builds),
    async listOrphans() {
      const orphans = findOrphans(await list());
      return orphans.map((image) => `${image.name} ${image.status} ${image.trove_build_state}`);
    },
  };
}
