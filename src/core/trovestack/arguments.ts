import type { Problem } from '../../errors.ts';
import { oldDatastores } from '../../model/trovestack.ts';

/** What the positional arguments of `build-image` say; null: not given. */
export interface Positional {
  /** `train`: an image for each datastore (Train, Ussuri). */
  readonly generation: 'today' | 'train';
  readonly datastore: string | null;
  readonly os: string | null;
  readonly release: string | null;
  /** As written. */
  readonly devMode: string | null;
  readonly username: string | null;
  readonly output: string | null;
  readonly problems: readonly Problem[];
}

const systems = ['ubuntu', 'debian', 'fedora', 'centos', 'rocky', 'rhel'];

/** Tells both generations apart by what the first argument is, and names the arguments. */
export function readPositional(words: readonly string[]): Positional {
  const [first] = words;
  const isOld = first !== undefined && oldDatastores.includes(first);
  const isKnown = first === undefined || isOld || systems.includes(first);
  const [os, release, devMode, username, output, ...more] = isOld ? words.slice(1) : words;
  const problems = [
    ...(isKnown ? [] : [describeFirst(first)]),
    ...(os === undefined || ['ubuntu', 'debian'].includes(os) || !isKnown
      ? []
      : [describeSystem(os)]),
    ...(devMode === undefined || /^(true|false)$/i.test(devMode) ? [] : [describeMode(devMode)]),
    ...more.map(describeStray),
  ];
  return {
    generation: isOld ? 'train' : 'today',
    datastore: isOld ? first : null,
    os: os ?? null,
    release: release ?? null,
    devMode: devMode ?? null,
    username: username ?? null,
    output: output ?? null,
    problems,
  };
}

const describeFirst = (word: string): Problem => ({
  code: 'trovestack-argument',
  message: `build-image: the first argument is ${JSON.stringify(word)}, neither an operating system (ubuntu, debian) nor a datastore of Train and Ussuri (${oldDatastores.join(', ')}).`,
  hint: 'Write: build-image OS RELEASE DEV_MODE USERNAME PATH, or build-image DATASTORE OS RELEASE DEV_MODE USERNAME PATH.',
});

const describeSystem = (os: string): Problem => ({
  code: 'trovestack-argument',
  message: `build-image: guests of ${os} are not built: Trove has had no elements for them since Victoria.`,
  hint: 'Use ubuntu or debian.',
});

const describeMode = (word: string): Problem => ({
  code: 'trovestack-argument',
  message: `build-image: the argument for development mode is ${JSON.stringify(word)}; trovestack took anything but true for false.`,
  hint: 'Write true or false.',
});

const describeStray = (word: string): Problem => ({
  code: 'trovestack-argument',
  message: `build-image: ${JSON.stringify(word)} is one argument too many.`,
  hint: 'Write: build-image OS RELEASE DEV_MODE USERNAME PATH, or build-image DATASTORE OS RELEASE DEV_MODE USERNAME PATH.',
});
