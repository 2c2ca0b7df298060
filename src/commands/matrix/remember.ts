import type { CacheSettings, Ports } from '../settings.ts';

/** Programs that tell about the world or this machine, and change nothing that a later call of them would see. */
const asking = /^(skopeo|debootstrap|mmdebstrap|flock|timeout)$/;

/** The same ports for many images: what one of them asked, the others are told; what a build would log is detail. */
export function rememberWorld(ports: Ports): Ports {
  const once = createMemory();
  const { commands, elements, log, machine, web } = ports;
  return {
    ...ports,
    log: { ...log, info: log.detail, warning: warnOnce(log) },
    web: {
      get: (url, timeoutMs) => once(['web', url], () => web.get(url, timeoutMs)),
    },
    machine: {
      read: (directories) => once(['machine', directories], () => machine.read(directories)),
    },
    elements: {
      read: (path) => once(['elements', path], () => elements.read(path)),
      hookFiles: async (wanted) => {
        const files = await Promise.all(
          wanted.map(({ path }) => once(['hooks', path], () => elements.hookFiles([{ path }]))),
        );
        // as they lie together in the hooks directory
        return [...new Map(files.flat().map((file) => [file.path, file])).values()];
      },
      digest: async (wanted) => {
        const digests = await Promise.all(
          wanted.map(({ name, path }) =>
            once(['digest', name, path], () => elements.digest([{ name, path }])),
          ),
        );
        return digests.flat();
      },
    },
    commands: {
      run: (argv, options) => {
        if (!asking.test(argv[0])) return commands.run(argv, options);
        // each errand has a directory of its own
        const words = argv.map((word) => word.replace(/trove-image-[A-Za-z0-9]{6}/, ''));
        return once(['run', words, options], () => commands.run(argv, options));
      },
    },
  };
}

/** The same cache for many predictions. */
export function rememberCache(cache: CacheSettings): CacheSettings {
  const once = createMemory();
  const { store, images } = cache;
  return {
    ...cache,
    store: { ...store, readTrail: (slot) => once(['trail', slot], () => store.readTrail(slot)) },
    images: images === null ? null : { ...images, list: () => once(['list'], () => images.list()) },
  };
}

/** Many images meet the same trouble. */
function warnOnce(log: Ports['log']): Ports['log']['warning'] {
  const told = new Set<string>();
  return (problem) => {
    if (!told.has(problem.message)) log.warning(problem);
    told.add(problem.message);
  };
}

/** Remembers the answer to each question, and that there was none. */
function createMemory() {
  const known = new Map<string, Promise<unknown>>();
  return <T>(question: unknown, ask: () => Promise<T>): Promise<T> => {
    const key = JSON.stringify(question);
    const found = known.get(key) as Promise<T> | undefined;
    if (found !== undefined) return found;
    const answer = ask();
    known.set(key, answer);
    return answer;
  };
}
