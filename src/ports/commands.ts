export interface CommandResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  /** Become root first: with sudo, unless we are. */
  readonly asRoot?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
  /** Called for each line of stdout and stderr as it comes; the result then holds neither. */
  readonly onLine?: (line: string) => void;
}

/** Starts a program with an argument list; never a shell. A program that cannot be started has exit code 127. */
export interface Commands {
  run(argv: readonly [string, ...string[]], options?: CommandOptions): Promise<CommandResult>;
}
