import type { CommandResult } from './commands.ts';

/** OpenStack's own command-line client, with the login of the caller's environment. */
export interface CloudClient {
  /** Runs `openstack WORDS…`; `environment` is added to the caller's. Exit code 127: it is not there. */
  run(
    words: readonly string[],
    environment: Readonly<Record<string, string>>,
    standardInput?: string,
  ): Promise<CommandResult>;
}
