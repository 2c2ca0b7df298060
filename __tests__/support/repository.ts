import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** What lies at a path: text, `{ text }` with a mode of its own, a link, or nothing any more. */
export type Content = string | { text: string; mode: number } | { link: string } | null;

/** A git repository of a test. */
export interface TestRepository {
  readonly path: string;
  /** Writes, links and removes. */
  change(files: Readonly<Record<string, Content>>): void;
  /** Commits everything, and returns the commit. */
  commit(message?: string): string;
  git(...words: readonly string[]): string;
  remove(): void;
}

/** Makes a repository with one commit. */
export function makeRepository(files: Readonly<Record<string, Content>>): TestRepository {
  const path = mkdtempSync('/var/tmp/repository-');
  const git = (...words: readonly string[]): string => runGit(path, ...words);
  git('init', '--quiet', '--initial-branch', 'main');
  const repository: TestRepository = {
    path,
    git,
    change: (more) => writeFiles(path, more),
    commit(message = 'A change') {
      git('add', '--all');
      git('commit', '--quiet', '--allow-empty', '--message', message);
      return git('rev-parse', 'HEAD').trim();
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
  repository.change(files);
  repository.commit('The first state');
  return repository;
}

export const script = (text: string): Content => ({ text: `#!/bin/bash\n${text}\n`, mode: 0o755 });

function writeFiles(root: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(root, name);
    rmSync(path, { recursive: true, force: true });
    if (content === null) continue;
    mkdirSync(dirname(path), { recursive: true });
    if (typeof content === 'object' && 'link' in content) symlinkSync(content.link, path);
    else {
      const { text, mode } = typeof content === 'string' ? { text: content, mode: 0o644 } : content;
      writeFileSync(path, text);
      chmodSync(path, mode);
    }
  }
}

/** Nothing of this machine's git configuration gets into it. */
export function runGit(path: string, ...words: readonly string[]): string {
  const person = { NAME: 'test', EMAIL: 'test@example.org', DATE: '2026-01-01T00:00:00Z' };
  const roles = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(person).map(([field, value]) => [`GIT_${role}_${field}`, value]),
  );
  return execFileSync('git', ['-C', path, '-c', 'protocol.file.allow=always', ...words], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      ...{ PATH: process.env.PATH, LC_ALL: 'C', HOME: '/nonexistent' },
      ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      ...Object.fromEntries(roles),
    },
  });
}
