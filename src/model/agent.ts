import type { GuestWiring, Injection } from './guest.ts';
import type { Check } from './verify.ts';

/** What Trove's guest agent has to serve: a datastore, and the container image that it runs for it. */
export interface ServedDatastore {
  /** Name of the group in Trove's configuration, and of the manager. */
  readonly manager: string;
  readonly version: string;
  /** Without tag: the agent adds the version. */
  readonly image: string;
  /** Where the database listens, in the guest. */
  readonly port: number;
  /** The image is in the guest's store. */
  readonly isEmbedded: boolean;
}

/** What the guest agent is proven with; paths are of this machine. */
export interface AgentRequest {
  /** Private, and empty; what is started for the proof names it, so that cleaning the workspace finds it. */
  readonly directory: string;
  readonly hostDir: string;
  /** Who owns the injected files. */
  readonly owner: { readonly user: string; readonly group: string };
  /** The bus as the guest sees it, ADDRESS:PORT. */
  readonly brokerAddress: string;
  readonly datastore: ServedDatastore;
  readonly limits: AgentLimits;
}

/** Milliseconds after power-on. */
export interface AgentLimits {
  readonly aliveMs: number;
  readonly preparedMs: number;
}

/** A line of `host/agent-proof`. */
export type AgentEvent =
  | {
      readonly event: 'ready';
      readonly instance: GuestWiring['instance'];
      readonly injection: Injection;
      /** Ports of 127.0.0.1. */
      readonly brokerPort: number;
      readonly databasePort: number;
    }
  | { readonly event: 'status'; readonly status: string; readonly seconds: number }
  | ({
      readonly event: 'check';
      readonly seconds: number;
      /** All that was said, of which `found` is one line. */
      readonly said: string;
    } & Omit<Check, 'ms'>)
  | { readonly event: 'failed'; readonly code: string; readonly message: string };

/** Datastores whose databases Trove's agent runs as containers, and where they listen unless configured otherwise. */
export const databasePorts: Readonly<Record<string, number>> = {
  mysql: 3306,
  mariadb: 3306,
  postgresql: 5432,
};
