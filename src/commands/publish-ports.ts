import type { PublishRequest, Tls } from '../model/publication.ts';
import type { Api, DigestFile } from '../ports/api.ts';
import type { CloudClient } from '../ports/cloud-client.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';
import type { Clock, Pace } from '../ports/machine.ts';

/** Everything that publishing touches the world with. */
export interface PublishPorts extends Pace {
  readonly commands: Commands;
  readonly client: CloudClient;
  readonly files: Files;
  readonly digestFile: DigestFile;
  readonly log: Log;
  readonly clock: Clock;
  openApi(tls: Tls, how: { readonly stallMs: number; readonly signal: AbortSignal }): Api;
  newId(): string;
  /** Hides a value in everything that is printed from here on. */
  mask(secret: string): void;
  /** GitHub's own token for an audience; null where there is no workflow run that may have one. */
  readonly requestIdToken: ((audience: string) => Promise<string>) | null;
}

/** One run of the commands that publish. */
export interface PublishSettings {
  readonly request: PublishRequest;
  /** Directory for the clouds.yaml of this run. */
  readonly temporaryDir: string;
  readonly signal: AbortSignal;
}
