import type { Inputs } from '../model/inputs.ts';
import type { Workspace } from '../model/plan.ts';
import {
  type CleanPorts,
  cleanWorkspace,
  killBuild,
  makeWorkspace,
  nameWorkspace,
  sweepWorkspaces,
} from '../stages/clean.ts';
import type { BuildSettings } from './settings.ts';

/** Runs a body in a private workspace; however it ends, nothing of the workspace is left. */
export async function inWorkspace<T>(
  ports: CleanPorts,
  settings: Pick<BuildSettings, 'signal' | 'onWorkspace'> & {
    readonly inputs: Pick<Inputs, 'workDir'>;
  },
  body: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const workspace = nameWorkspace(ports.files, settings.inputs.workDir);
  settings.onWorkspace(workspace);
  await makeWorkspace(ports, workspace);
  const running = { yes: true };
  const stop = (): void => void keepKilling(ports, workspace, running);
  settings.signal.addEventListener('abort', stop);
  try {
    return await body(workspace);
  } finally {
    running.yes = false;
    settings.signal.removeEventListener('abort', stop);
    ports.log.chapter('Clean up');
    await cleanWorkspace(ports, workspace);
  }
}

/** A directory of its own for a short errand; swept like a workspace when this process dies. */
export async function inScratch<T>(
  ports: CleanPorts,
  workDir: string,
  body: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const workspace = nameWorkspace(ports.files, workDir);
  await makeWorkspace(ports, workspace);
  try {
    return await body(workspace);
  } finally {
    await cleanWorkspace(ports, workspace);
  }
}

/** A program may just be about to start when the signal comes, so once is not enough. */
async function keepKilling(
  ports: CleanPorts,
  workspace: Workspace,
  running: { readonly yes: boolean },
): Promise<void> {
  while (running.yes) {
    await killBuild(ports, workspace);
    await ports.commands.run(['sleep', '0.5']);
  }
}

/** The post step, and the command `clean`: ends what a build left, the named one and all whose process is gone. */
export async function clean(
  ports: CleanPorts,
  base: string,
  named: string | null,
): Promise<readonly string[]> {
  ports.log.chapter('Clean up');
  if (named !== null)
    await cleanWorkspace(ports, { path: named, name: named.slice(named.lastIndexOf('/') + 1) });
  const swept = await sweepWorkspaces(ports, base);
  for (const name of swept) ports.log.info(`Cleaned up after a build that died: ${name}`);
  if (named === null && swept.length === 0) ports.log.info(`Nothing to clean in ${base}.`);
  return swept;
}
