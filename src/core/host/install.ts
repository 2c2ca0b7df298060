import type { Problem } from '../../errors.ts';
import {
  containerTools,
  type HostFacts,
  oldestDiskimageBuilder,
  requiredTools,
  sourceTools,
} from '../../model/host.ts';
import type { GuestOs, Inputs, InstallMode } from '../../model/inputs.ts';
import type { InstallPlan } from '../../model/install.ts';
import { hostKeyrings } from '../../model/keyrings.ts';

const virtualEnvironmentPackage = 'python3-venv';
const diskimageBuilderPackage = 'python3-diskimage-builder';

/** Executables that this build needs, and the Debian package of each. */
export const listTools = (
  inputs: Pick<Inputs, 'guestAgent' | 'datastores' | 'containerImages'>,
): Readonly<Record<string, string>> => ({
  ...requiredTools,
  ...(inputs.guestAgent === 'source' ? sourceTools : {}),
  ...(inputs.datastores.length + inputs.containerImages.length > 0 ? containerTools : {}),
});

/** Decides what has to be installed. `pythonIndexAnswers` is asked only when it matters, so it may be null. */
export function planInstall(
  mode: InstallMode,
  host: HostFacts,
  pythonIndexAnswers: boolean | null,
  guestOs: GuestOs,
  needed = requiredTools,
): InstallPlan {
  if (mode === 'none') return { builder: 'present', aptPackages: [] };
  const tools = [...missingPackages(host, needed), ...keyringPackages(host, guestOs)];
  const builder = chooseBuilder(mode, host, pythonIndexAnswers);
  const builderPackages = {
    present: [],
    pip: [virtualEnvironmentPackage],
    apt: [diskimageBuilderPackage],
  };
  return { builder, aptPackages: [...new Set([...tools, ...builderPackages[builder]])].sort() };
}

/** Whether the choice of diskimage-builder depends on a Python index. */
export function needsPythonIndex(mode: InstallMode, host: HostFacts): boolean {
  return mode === 'auto' && !isFitting(host);
}

function chooseBuilder(
  mode: InstallMode,
  host: HostFacts,
  pythonIndexAnswers: boolean | null,
): InstallPlan['builder'] {
  if (mode === 'pip')
    return isFitting(host) && host.diskimageBuilder?.from === 'venv' ? 'present' : 'pip';
  if (isFitting(host) || mode === 'none') return 'present';
  return mode === 'auto' && pythonIndexAnswers ? 'pip' : 'apt';
}

/** Ubuntu has Debian's keyring as a package; Debian has Ubuntu's only in some releases, so it is fetched by digest. */
function keyringPackages(host: HostFacts, guestOs: GuestOs): readonly string[] {
  if (guestOs !== 'debian' || host.os.id !== 'ubuntu') return [];
  return host.keyrings.includes(hostKeyrings.debian) ? [] : ['debian-archive-keyring'];
}

/** Debian packages of the tools that are not there. */
export function missingPackages(host: HostFacts, needed = requiredTools): readonly string[] {
  const missing = Object.entries(needed).filter(([tool]) => host.executables[tool] === undefined);
  return [...new Set(missing.map(([, packageName]) => packageName))].sort();
}

/** What is missing, and why it stays so (`install: none`, or installing did not help); empty when nothing is. */
export function describeMissing(
  host: HostFacts,
  why: string,
  needed = requiredTools,
): readonly Problem[] {
  const problems: Problem[] = Object.entries(needed)
    .filter(([tool]) => host.executables[tool] === undefined)
    .map(([tool, packageName]) => ({
      code: 'tool-missing',
      message: `${tool} is not installed, ${why}.`,
      hint: `Install the package ${packageName}, or use install: auto.`,
    }));
  if (!isFitting(host)) problems.push(describeBuilder(host, why));
  return problems;
}

function describeBuilder(host: HostFacts, why: string): Problem {
  const found = host.diskimageBuilder;
  const fact =
    found === null
      ? 'is not installed'
      : `is version ${found.version}, older than ${oldestDiskimageBuilder}`;
  return {
    code: 'diskimage-builder-missing',
    message: `disk-image-create ${fact}, ${why}.`,
    hint: `Install the package ${diskimageBuilderPackage} (${oldestDiskimageBuilder} or newer), or use install: auto.`,
  };
}

/** A diskimage-builder that is there and new enough. */
export function isFitting(host: HostFacts): boolean {
  const found = host.diskimageBuilder;
  return found !== null && compareVersions(found.version, oldestDiskimageBuilder) >= 0;
}

function compareVersions(a: string, b: string): number {
  const [left, right] = [a, b].map((text) =>
    text.split('.').map((part) => Number.parseInt(part, 10) || 0),
  );
  for (let index = 0; index < 3; index += 1) {
    const difference = (left?.[index] ?? 0) - (right?.[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
