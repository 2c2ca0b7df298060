import type { GuestReport } from './guest-report.ts';
import type { Accelerator, Cause, Check } from './verify.ts';

/** What Trove tells a guest agent about the instance that it serves. */
export interface TroveInstance {
  readonly id: string;
  readonly tenantId: string;
  readonly datastoreManager: string;
  readonly datastoreVersion: string;
  /** Key of the encrypted messages between Trove and this agent. */
  readonly rpcKey: string;
}

/** What Trove's taskmanager hands to Nova: files that the guest gets, and the user data that carries them. */
export interface Injection {
  /** Contents by path in the guest. */
  readonly files: Readonly<Record<string, string>>;
  readonly userData: string;
  /** Whose code has rendered it. */
  readonly renderedBy: 'trove' | 'trove-image';
}

export interface PortForward {
  readonly hostPort: number;
  readonly guestPort: number;
}

/** What is injected, and what the guest's networks lead to; without a port nobody answers as the broker. */
export interface GuestWiring {
  readonly instance: Pick<TroveInstance, 'id' | 'tenantId'>;
  readonly injection: Injection;
  readonly brokerPort: number | null;
  readonly databaseForward: PortForward | null;
}

/** A second part that looks at the guest while it runs, from power-on. */
export interface GuestCompanion {
  readonly wiring: GuestWiring;
  /** Resolves when all its checks are known; never rejects for a fault of the guest. */
  prove(): Promise<Proof>;
  /** Ends all that it started; `prove` then resolves with what is known. */
  stop(): Promise<void>;
}

export interface Proof {
  readonly checks: readonly Check[];
  readonly causes: readonly Cause[];
}

/** One network card of the guest. */
export interface GuestCard {
  readonly name: 'tenant' | 'management';
  readonly mac: string;
  /** The network in CIDR notation; the guest gets its address there by DHCP. */
  readonly network: string;
}

/** A virtual machine as plain data, before it is switched on; paths are of this machine. */
export interface GuestMachine {
  readonly accelerator: Accelerator;
  readonly processors: number;
  readonly memoryMib: number;
  readonly overlayPath: string;
  readonly dataDiskPath: string;
  readonly dataDiskBytes: number;
  readonly configDrivePath: string;
  readonly reportPath: string;
  /** Where `host/guest-forward` writes down what the guest says to the broker. */
  readonly brokerLogPath: string;
  /** As the guest sees it, ADDRESS:PORT. */
  readonly brokerAddress: string;
  readonly brokerPort: number | null;
  /** A port of 127.0.0.1 that leads into the guest on the tenant's network; null: nothing does. */
  readonly databaseForward: PortForward | null;
  /** In the order in which the guest sees them. */
  readonly cards: readonly GuestCard[];
}

/** How long a guest may take, in milliseconds. */
export interface GuestLimits {
  /** From power-on to the end of all checks. */
  readonly totalMs: number;
  /** Without a word on the console or in the report. */
  readonly silenceMs: number;
  /** After the system is up, for what still comes up by itself. */
  readonly graceMs: number;
}

/** A line of the guest's console, without terminal control; the last one may be unfinished. */
export interface ConsoleLine {
  readonly ms: number;
  readonly text: string;
}

/** How the virtual machine ended by itself. */
export interface GuestEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly said: string;
}

/** All that is known of a running guest, at times since power-on. */
export interface GuestEvidence {
  readonly console: readonly ConsoleLine[];
  readonly firstReportMs: number | null;
  readonly report: GuestReport | null;
  readonly reportMs: number;
  /** Since when cloud-init has finished and no job is left; null: not yet. */
  readonly settledMs: number | null;
  /** Difference of the guest's clock from ours when it reported. */
  readonly skewSeconds: number;
  /** When the agent first spoke to the broker in its protocol. */
  readonly greetingMs: number | null;
  readonly lastWordMs: number;
  readonly end: GuestEnd | null;
}

/** What an image tells unstarted, for where its guest cannot; null where it could not be read. */
export interface ImageHints {
  /** The boot sector holds code. */
  readonly hasBootCode: boolean;
  readonly hasCloudInit: boolean | null;
  /** cloud-init's list of them. */
  readonly datasources: string | null;
}
