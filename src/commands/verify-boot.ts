import { brokerAddress, chooseLimits } from '../core/verify/machine.ts';
import { failure } from '../errors.ts';
import type { ContainerImage } from '../model/datastores.ts';
import type { GuestCompanion, ImageHints, Proof } from '../model/guest.ts';
import type { Workspace } from '../model/plan.ts';
import type { Accelerator } from '../model/verify.ts';
import { type InjectPorts, injectAlone } from '../stages/boot-inject.ts';
import {
  type BaseImage,
  checkMemory,
  chooseAccelerator,
  findMissingTools,
  layOutGuest,
  type MachinePorts,
} from '../stages/boot-machine.ts';
import { type RunPorts, runGuest } from '../stages/boot-run.ts';
import { installPackages } from '../stages/prepare.ts';
import type { AgentGuest } from './verify-agent.ts';

export type BootPorts = RunPorts & MachinePorts & InjectPorts;

/** Starts what proves the agent while the guest runs. */
export type StartCompanion = (guest: AgentGuest) => Promise<GuestCompanion>;

export interface BootSettings {
  readonly base: BaseImage;
  /** User that the guest agent runs as; null when it is not known. */
  readonly username: string | null;
  readonly hints: ImageHints;
  /** Those of the manifest. */
  readonly containerImages: readonly ContainerImage[];
  readonly timeoutSeconds: number | null;
  readonly consolePath: string;
  readonly workspace: Workspace;
  readonly hostDir: string;
  readonly startCompanion: StartCompanion | null;
}

/** Makes sure that this machine can run a guest at all. */
export async function prepareBootHost(ports: MachinePorts, install: boolean): Promise<void> {
  const missing = await findMissingTools(ports);
  if (missing.length > 0 && !install) {
    throw failure(
      'host',
      'tool-missing',
      `A guest needs programs of the packages ${missing.join(', ')}, and install: none forbids to install them.`,
      `Install them: apt-get install ${missing.join(' ')}`,
    );
  }
  await installPackages(ports, missing);
  await checkMemory(ports);
}

/** Boots an image as Trove would and looks at the guest; leaves nothing but the file of its console. */
export async function verifyBoot(
  ports: BootPorts,
  settings: BootSettings,
): Promise<Proof & { readonly accelerator: Accelerator }> {
  const { base, workspace, hostDir, consolePath, startCompanion } = settings;
  ports.log.chapter('Prepare the guest');
  const accelerator = await chooseAccelerator(ports, workspace);
  const owner = `${settings.username ?? 'root'}:root`;
  const { containerImages } = settings;
  const guest = { accelerator, workspace, owner, brokerAddress, containerImages };
  const companion = (await startCompanion?.(guest)) ?? null;
  let proof: Promise<Proof> = Promise.resolve({ checks: [], causes: [] });
  let booted: Proof;
  try {
    const alone = { brokerAddress, hostDir };
    const wiring = companion?.wiring ?? (await injectAlone(ports, workspace, owner, alone));
    const how = { accelerator, hostDir };
    const machine = await layOutGuest(ports, workspace, base, wiring, how);
    ports.log.chapter('Boot the image');
    booted = await runGuest(ports, {
      machine,
      injection: wiring.injection,
      limits: chooseLimits(accelerator, settings.timeoutSeconds, companion !== null),
      hostDir,
      consolePath,
      hints: settings.hints,
      prove: () => {
        proof = companion?.prove() ?? proof;
        return proof;
      },
    });
  } finally {
    await companion?.stop();
  }
  // a guest that failed was not waited for: what is known by then is told
  const { checks, causes } = await proof;
  return {
    accelerator,
    checks: [...booted.checks, ...checks],
    causes: [...booted.causes, ...causes],
  };
}
