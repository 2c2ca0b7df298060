/** A unit of systemd in the guest. */
export interface GuestUnit {
  readonly name: string;
  readonly enabled: string;
  readonly active: string;
  readonly sub: string;
  readonly result: string;
  readonly restarts: number;
  readonly exitStatus: number;
  /** When it became active, in seconds after the kernel began; 0: never. */
  readonly sinceSeconds: number;
  readonly user: string;
}

/** An injected file as the guest has it. */
export interface GuestFile {
  readonly path: string;
  readonly found: boolean;
  readonly sha256: string;
  readonly mode: string;
  readonly owner: string;
  /** What keeps the agent's user from reading it; empty when nothing does. */
  readonly refusal: string;
}

/** What `host/guest-report` writes, a line for each look at the guest. */
export interface GuestReport {
  readonly format: 1;
  readonly uptimeSeconds: number;
  readonly epochSeconds: number;
  readonly cloudInit: {
    readonly datasource: string;
    readonly finished: boolean;
    readonly stages: readonly {
      readonly name: string;
      readonly started: boolean;
      readonly finished: boolean;
      readonly errors: readonly string[];
    }[];
  };
  readonly system: {
    readonly state: string;
    readonly failed: readonly string[];
    /** Units that are just being started. */
    readonly jobs: readonly string[];
  };
  readonly units: readonly GuestUnit[];
  /** Null when the image has no unit of a guest agent. */
  readonly agent: GuestUnit | null;
  readonly files: readonly GuestFile[];
  readonly docker: {
    readonly answers: boolean;
    readonly version: string;
    readonly driver: string;
    readonly images: number;
    readonly refusal: string;
  };
  readonly plugin: {
    readonly installed: boolean;
    readonly answers: boolean;
    readonly refusal: string;
  };
  readonly disks: readonly {
    readonly name: string;
    readonly bytes: number;
    readonly readOnly: boolean;
    readonly mounts: readonly string[];
  }[];
  readonly network: readonly {
    readonly name: string;
    readonly mac: string;
    readonly state: string;
    readonly addresses: readonly string[];
  }[];
  readonly space: readonly {
    readonly path: string;
    readonly bytes: number;
    readonly freeBytes: number;
    readonly inodes: number;
    readonly freeInodes: number;
  }[];
  readonly rng: string;
  /** Last lines of the journal of the agent and of every failed unit. */
  readonly logs: Readonly<Record<string, readonly string[]>>;
}
