import type { Problem } from '../../src/errors.ts';
import type { CommandOptions, CommandResult, Commands } from '../../src/ports/commands.ts';
import type { Files } from '../../src/ports/files.ts';
import type { Log } from '../../src/ports/log.ts';

export interface FakeCommands extends Commands {
  /** Command lines in the order in which they were started; those as root begin with `#`. */
  readonly started: string[];
}

type Answer = Partial<CommandResult> & { readonly lines?: readonly string[] };

/** Commands that do nothing: the first pattern that matches gives the answer, exit code 0 without one. */
export function fakeCommands(answers: readonly (readonly [RegExp, Answer])[] = []): FakeCommands {
  const started: string[] = [];
  return {
    started,
    async run(argv: readonly [string, ...string[]], options: CommandOptions = {}) {
      const line = `${options.asRoot ? '# ' : ''}${argv.join(' ')}`;
      started.push(line);
      const answer = answers.find(([pattern]) => pattern.test(line))?.[1] ?? {};
      for (const each of answer.lines ?? []) options.onLine?.(each);
      return { exitCode: 0, stdout: '', stderr: '', ...answer };
    },
  };
}

export interface FakeLog extends Log {
  readonly lines: string[];
  readonly problems: Problem[];
}

/** A log that remembers. */
export function fakeLog(): FakeLog {
  const lines: string[] = [];
  const problems: Problem[] = [];
  const note = (line: string): void => void lines.push(line);
  const tell = (problem: Problem): void => void problems.push(problem);
  return {
    ...{ lines, problems },
    ...{ chapter: note, info: note, detail: note, progress: note },
    ...{ warning: tell, error: tell },
    close: () => undefined,
  };
}

export interface FakeFiles extends Files {
  readonly content: Map<string, string>;
  /** What was done, in order. */
  readonly done: string[];
}

/** Files in memory. */
export function fakeFiles(initial: Readonly<Record<string, string>> = {}): FakeFiles {
  const content = new Map(Object.entries(initial));
  const done: string[] = [];
  const put = (path: string, text: string): void => {
    done.push(`write ${path}`);
    content.set(path, text);
  };
  return {
    content,
    done,
    write: async (path, text) => put(path, text),
    writeBytes: async (path, bytes) => put(path, Buffer.from(bytes).toString('latin1')),
    async read(path) {
      const text = content.get(path);
      if (text === undefined) throw Object.assign(new Error(`ENOENT ${path}`), { code: 'ENOENT' });
      return text;
    },
    removeDirectory: async (path) => void done.push(`remove ${path}`),
    list: async (directory) => {
      const below = [...content.keys()].filter((path) => path.startsWith(`${directory}/`));
      return [
        ...new Set(below.map((path) => path.slice(directory.length + 1).split('/')[0] ?? '')),
      ];
    },
    makeDirectory: async (path) => void done.push(`mkdir ${path}`),
    makePrivateDirectory: async (path) => void done.push(`mkdir ${path}`),
    chooseUniqueName: (prefix) => `${prefix}AAAAAA`,
    async rename(from, to) {
      done.push(`rename ${from} ${to}`);
      content.set(to, content.get(from) ?? '');
      content.delete(from);
    },
    async removeFile(path) {
      done.push(`remove ${path}`);
      content.delete(path);
    },
    sizeOf: async (path) => (content.get(path) ?? '').length,
    digest: async (path) => ({ sizeBytes: (content.get(path) ?? '').length, sha256: `of ${path}` }),
    openLog: () => ({ write: () => undefined, close: async () => undefined }),
  };
}
