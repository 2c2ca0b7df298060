/** Whose fault an error is; decides the exit code and the heading that a person sees. */
export type ErrorKind = 'input' | 'host' | 'build' | 'check' | 'publish' | 'cancelled' | 'bug';

/** Exit codes of the command line, documented in README.md and `--help`. */
export const exitCodes = {
  input: 2,
  host: 3,
  build: 4,
  check: 5,
  publish: 6,
  bug: 70,
  cancelled: 130,
} as const satisfies Record<ErrorKind, number>;

/** One thing that is wrong: the fact, what to do next, and a code that is a heading in docs/troubleshooting.md. */
export interface Problem {
  readonly code: string;
  readonly message: string;
  readonly hint: string;
  /** Path of the file that an annotation should point at, if there is one. */
  readonly file?: string;
}

/** An expected failure: carries every problem found, not only the first. */
export class TroveImageError extends Error {
  readonly kind: ErrorKind;
  readonly problems: readonly Problem[];

  constructor(kind: ErrorKind, problems: readonly Problem[], cause?: unknown) {
    super(problems.map((problem) => problem.message).join('; '), { cause });
    this.name = 'TroveImageError';
    this.kind = kind;
    this.problems = problems;
  }
}

/** Makes an error of one problem. */
export function failure(
  kind: ErrorKind,
  code: string,
  message: string,
  hint: string,
  cause?: unknown,
): TroveImageError {
  return new TroveImageError(kind, [{ code, message, hint }], cause);
}

const noSpace = {
  code: 'no-space',
  hint: 'Free space there, or give a directory on another disk.',
};
const notWritable = {
  code: 'directory-not-writable',
  hint: 'Change its owner or mode, or give another directory.',
};
const nameTaken = {
  code: 'name-taken',
  hint: 'Something else has this name there: move it away, or choose another name.',
};

/** What the system says when a file cannot be written, and what that means to a person. */
const systemRefusals: Readonly<Record<string, { readonly code: string; readonly hint: string }>> = {
  ENOSPC: noSpace,
  EDQUOT: noSpace,
  EACCES: notWritable,
  EPERM: notWritable,
  EROFS: notWritable,
  EISDIR: nameTaken,
  ENOTDIR: nameTaken,
};

/** Turns anything thrown into a TroveImageError; what we did not expect is a bug of ours. */
export function toTroveImageError(thrown: unknown): TroveImageError {
  if (thrown instanceof TroveImageError) return thrown;
  const refusal = systemRefusals[(thrown as { code?: string } | null)?.code ?? ''];
  if (refusal !== undefined) {
    return failure('host', refusal.code, (thrown as Error).message, refusal.hint, thrown);
  }
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return failure(
    'bug',
    'unexpected',
    `Unexpected: ${message}`,
    'This is a bug in trove-image. Please open an issue with the log and the lines below.',
    thrown,
  );
}
