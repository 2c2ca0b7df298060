import { endGroup, error, info, startGroup, warning } from '@actions/core';
import type { Problem } from '../errors.ts';
import type { Log } from '../ports/log.ts';

/** GitHub keeps ten annotations of a kind per step; the rest would vanish. */
const mostAnnotations = 10;

/** The log of a workflow step: chapters are groups, problems are annotations. */
export function createGithubLog(now: () => number): Log {
  let startMs: number | null = null;
  const counts = { warning: 0, error: 0 };
  const close = (): void => {
    if (startMs === null) return;
    info(`took ${Math.round((now() - startMs) / 1000)} s`);
    endGroup();
    startMs = null;
  };
  const annotate = (kind: 'warning' | 'error', { code, message, hint, file }: Problem): void => {
    const text = `${message}\n${hint}`;
    counts[kind] += 1;
    const properties = { title: code, ...(file === undefined ? {} : { file, startLine: 1 }) };
    if (counts[kind] > mostAnnotations) info(defuse(`${kind}: ${text} [${code}]`));
    else if (kind === 'error') error(text, properties);
    else warning(text, properties);
  };
  return {
    close,
    chapter: (title) => {
      close();
      startMs = now();
      startGroup(title);
    },
    // a line of a build that looks like a workflow command must not be one
    info: (message) => info(defuse(message)),
    detail: (line) => info(defuse(line)),
    progress: (message) => info(defuse(message)),
    warning: (problem) => annotate('warning', problem),
    error: (problem) => {
      close();
      annotate('error', problem);
    },
  };
}

/** Text that the runner would take for a command: `::name::` at the start of a line, `##[name]` anywhere in it. */
const defuse = (text: string): string =>
  text.replaceAll('##[', '## [').replace(/^[\s\u0085]*(?=::)/gm, '. ');
