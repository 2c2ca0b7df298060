import { readFile, realpath } from 'node:fs/promises';
import type { DiskimageBuilderFacts } from '../model/host.ts';
import type { Commands } from '../ports/commands.ts';

/** Looks for disk-image-create: in our private environment first, then among the host's programs. */
export async function readBuilder(
  commands: Commands,
  candidates: readonly { readonly executable: string; readonly from: 'host' | 'venv' }[],
): Promise<DiskimageBuilderFacts | null> {
  for (const { executable, from } of candidates) {
    const python = await readInterpreter(executable);
    if (python === null) continue;
    // the version of the package that this script imports, whatever environment it lives in
    const { exitCode, stdout } = await commands.run([python, '-c', askPackage]);
    const [version, elementsDir] = stdout.trim().split('\n');
    if (exitCode !== 0 || version === undefined || elementsDir === undefined) continue;
    return {
      executable,
      version,
      elementsDir,
      from,
      defaultMirrors: await readMirrors(elementsDir),
    };
  }
  return null;
}

const askPackage = `
import importlib.metadata, diskimage_builder.paths
print(importlib.metadata.version('diskimage-builder'))
print(diskimage_builder.paths.get_path('elements'))
`;

async function readInterpreter(script: string): Promise<string | null> {
  const text = await readFile(await realpath(script).catch(() => script), 'utf8').catch(() => '');
  return /^#!\s*(\S*python\S*)/.exec(text)?.[1] ?? null;
}

/** The archives that diskimage-builder's own elements name as their defaults. */
async function readMirrors(elementsDir: string): Promise<DiskimageBuilderFacts['defaultMirrors']> {
  const debian = await readText(
    `${elementsDir}/debian-minimal/environment.d/10-debian-minimal.bash`,
  );
  const ubuntu = await readText(
    `${elementsDir}/ubuntu-common/environment.d/10-ubuntu-distro-name.bash`,
  );
  const ubuntuMirrors = [...ubuntu.matchAll(/default_ubuntu_mirror=(https?:\S+)/g)].map(
    (match) => match[1] ?? '',
  );
  const isPort = (url: string): boolean => url.includes('ports');
  const first = (pattern: RegExp): string => trim(pattern.exec(debian)?.[1] ?? '');
  return {
    debian: first(/DIB_DISTRIBUTION_MIRROR:-(https?:[^}\s]+)\}/),
    debianSecurity: first(/DIB_DEBIAN_SECURITY_MIRROR:-(https?:[^}\s]+)\}/),
    ubuntu: {
      amd64: trim(ubuntuMirrors.find((url) => !isPort(url)) ?? ''),
      arm64: trim(ubuntuMirrors.find(isPort) ?? ''),
    },
  };
}

const readText = (path: string): Promise<string> => readFile(path, 'utf8').catch(() => '');
const trim = (url: string): string => url.replace(/\/+$/, '');
