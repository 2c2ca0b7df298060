import { chooseDatastore, listDatastores } from '../core/agent/datastore.ts';
import { chooseAgentLimits } from '../core/agent/request.ts';
import { failure } from '../errors.ts';
import type { ContainerImage } from '../model/datastores.ts';
import type { GuestCompanion } from '../model/guest.ts';
import type { Workspace } from '../model/plan.ts';
import type { Accelerator } from '../model/verify.ts';
import { type AgentPorts, startAgentProof } from '../stages/agent-proof.ts';
import { provideAgentTools } from '../stages/agent-tools.ts';

export interface AgentSettings {
  readonly hostDir: string;
  readonly install: boolean;
  /** For the whole guest; null: what suits the accelerator. */
  readonly timeoutSeconds: number | null;
  /** The datastore to serve, as NAME or NAME:VERSION; null: the first one in the image. */
  readonly datastore: string | null;
}

/** A guest that is about to be made. */
export interface AgentGuest {
  readonly accelerator: Accelerator;
  readonly workspace: Workspace;
  /** USER:GROUP of the injected files. */
  readonly owner: string;
  /** The bus as the guest sees it, ADDRESS:PORT. */
  readonly brokerAddress: string;
  /** Those of the image's manifest; empty without one. */
  readonly containerImages: readonly ContainerImage[];
}

/** Starts what proves the agent of a guest over Trove's own message bus, and installs what that needs. */
export async function startAgentCompanion(
  ports: AgentPorts,
  settings: AgentSettings,
  guest: AgentGuest,
): Promise<GuestCompanion> {
  const { hostDir, install } = settings;
  const datastore = chooseDatastore(guest.containerImages, settings.datastore);
  if (datastore === null) throw refuseDatastore(settings.datastore, guest.containerImages);
  const { manager, version, isEmbedded } = datastore;
  ports.log.chapter('Start the message bus');
  await provideAgentTools(ports, { hostDir, manager, install });
  ports.log.info(
    isEmbedded
      ? `prepare for ${manager} ${version} has to end in a healthy database`
      : 'No database is in the image: prepare has to end in a failure that is recorded',
  );
  const directory = `${guest.workspace.path}/agent`;
  await ports.files.makeDirectory(directory);
  const [user = '', group = user] = guest.owner.split(':');
  const limits = chooseAgentLimits(guest.accelerator, settings.timeoutSeconds);
  const { brokerAddress } = guest;
  const request = { directory, hostDir, owner: { user, group }, brokerAddress, datastore, limits };
  return startAgentProof(ports, request);
}

function refuseDatastore(wanted: string | null, images: readonly ContainerImage[]): Error {
  const there = listDatastores(images).join(', ');
  return failure(
    'input',
    'datastore-not-embedded',
    `datastore: ${wanted} is not in the image.`,
    there === ''
      ? 'No database is in it: leave this out, or embed one with datastores.'
      : `In it are: ${there}.`,
  );
}
