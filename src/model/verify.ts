export const verdictVersion = 1;

/** How far an image is verified; each level holds those before it. */
export const verifyLevels = ['inspect', 'boot', 'agent'] as const;
export type VerifyLevel = (typeof verifyLevels)[number];

/** How the guest's processor is made; null where no guest was started. */
export type Accelerator = 'kvm' | 'tcg';

/** One thing that was looked at; `ms` is the time since power-on at which it was found so, 0 without a guest. */
export interface Check {
  readonly id: string;
  readonly expected: string;
  readonly found: string;
  readonly ok: boolean;
  readonly ms: number;
}

/** Why checks failed: what is wrong, what to do, and the lines of the guest that show it. */
export interface Cause {
  /** A heading of docs/troubleshooting.md. */
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  readonly lines: readonly string[];
}

/** verify.json, beside the image: published as docs/verify.schema.json. */
export interface Verdict {
  readonly verdictVersion: typeof verdictVersion;
  readonly level: VerifyLevel;
  readonly imageSha256: string;
  /** Of the manifest beside the image; null without one. */
  readonly buildId: string | null;
  readonly passed: boolean;
  readonly startedAt: string;
  readonly accelerator: Accelerator | null;
  readonly checks: readonly Check[];
  /** The first one is what led to the others; empty when all checks hold. */
  readonly causes: readonly Cause[];
}

/** What `trove-image verify` was asked for; paths are absolute. */
export interface VerifyRequest {
  readonly imagePath: string;
  readonly level: VerifyLevel;
  /** Seconds that the guest may take; null: what suits the accelerator. */
  readonly timeoutSeconds: number | null;
  /** Where the guest's console is written. */
  readonly consolePath: string;
  readonly verdictPath: string;
  readonly workDir: string;
  readonly install: boolean;
  /** The datastore that the agent has to serve, NAME or NAME:VERSION; null: the first one in the image. */
  readonly datastore: string | null;
  readonly json: boolean;
}
