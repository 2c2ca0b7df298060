import { listPaths } from '../core/image/run.ts';
import { failure } from '../errors.ts';
import type { Inputs } from '../model/inputs.ts';
import type { Plan, Workspace } from '../model/plan.ts';
import type { Constraints } from '../model/trove.ts';
import type { Files } from '../ports/files.ts';

/** Contents of files that a build hands to the guest, by name. */
export type SecretFiles = Readonly<Record<string, string>>;

/** Reads what a development image gets, before minutes are spent; throws when the key is not there. */
export async function readSecretFiles(
  files: Files,
  { development, secrets }: Pick<Inputs, 'development' | 'secrets'>,
): Promise<SecretFiles> {
  const keys = development?.sshDir ? await readKeys(files, development.sshDir) : {};
  const address = development?.controllerAddress ?? '';
  return {
    ...keys,
    ...(address === '' ? {} : { 'controller.conf': `CONTROLLER=${address}\n` }),
    ...(secrets.rootPassword === '' ? {} : { 'root-password': `${secrets.rootPassword}\n` }),
  };
}

async function readKeys(files: Files, directory: string): Promise<SecretFiles> {
  const rows = await Promise.all(
    ['id_rsa', 'id_rsa.pub'].map(async (name): Promise<[string, string]> => {
      try {
        return [name, await files.read(`${directory}/${name}`)];
      } catch (error) {
        throw failure(
          'input',
          'no-ssh-key',
          `ssh-dir: ${directory}/${name} cannot be read: ${(error as Error).message}.`,
          `Make a key for this purpose (ssh-keygen -t rsa -N '' -f ${directory}/id_rsa) and add its public half to authorized_keys of controller-user on the controller.`,
        );
      }
    }),
  );
  return Object.fromEntries(rows);
}

/** Lays out in the workspace what the hooks outside the chroot bring into the image. */
export async function layOut(
  files: Files,
  plan: Plan,
  workspace: Workspace,
  { constraints, secretFiles }: { constraints: Constraints | null; secretFiles: SecretFiles },
): Promise<void> {
  const paths = listPaths(workspace);
  // it is copied into the image with its mode
  if (constraints !== null) await files.write(paths.constraints, constraints.text, 0o644);
  if (plan.trove?.code)
    await files.write(`${paths.home}/.gitconfig`, trustRepository(plan.trove.code.repository));
  if (Object.keys(secretFiles).length === 0 && !plan.guest.isDevelopment) return;
  await files.makePrivateDirectory(paths.secrets);
  for (const [name, content] of Object.entries(secretFiles))
    await files.write(`${paths.secrets}/${name}`, content, 0o600);
}

/** git refuses to clone from the repository of another user, and the build runs as root. */
const trustRepository = (path: string): string =>
  `[safe]\n\tdirectory = ${path}\n\tdirectory = ${path}/.git\n`;
