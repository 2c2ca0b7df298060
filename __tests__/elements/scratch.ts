import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const elementsPath = join(import.meta.dirname, '..', '..', 'elements');

export interface ScratchResult {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a bash script in a scratch root where our elements are at /elements, as the only way to see
 * what a hook really does to a file system without building an image. Needs root.
 */
export function runInScratchRoot(script: string): ScratchResult {
  const root = mkdtempSync(join(tmpdir(), 'elements-scratch-'));
  try {
    const namespace = ['--mount', '--pid', '--fork', '--kill-child'];
    const harness = join(import.meta.dirname, 'scratch.sh');
    const run = spawnSync('unshare', [...namespace, 'bash', harness, root, elementsPath], {
      input: script,
      encoding: 'utf8',
      timeout: 20_000,
    });
    return { exitCode: run.status, stdout: run.stdout, stderr: run.stderr };
  } finally {
    // Empty again: all mounts were in the namespace. It fails, rather than deletes, if not.
    rmdirSync(root);
  }
}

/** Runs a script that must succeed and returns its output as lines. */
export function linesFromScratchRoot(script: string): string[] {
  const { exitCode, stdout, stderr } = runInScratchRoot(script);
  if (exitCode !== 0) {
    throw new Error(`script ended with ${exitCode}\nstdout: ${stdout}\nstderr: ${stderr}`);
  }
  return stdout.split('\n').filter((line) => line !== '');
}
