/** What a killed build may have left, as the kernel tells it. */
export interface RemainsReader {
  read(workspaceName: string): Promise<{
    readonly mountinfo: string;
    readonly loopDevices: readonly { readonly name: string; readonly backingFile: string }[];
    readonly mappings: readonly { readonly name: string; readonly isLink: boolean }[];
    /** Processes whose command line names the workspace; never this process or its ancestors. */
    readonly processes: readonly { readonly pid: number; readonly command: string }[];
  }>;
  /** Identity of this process, and of the process that an owner record names (null when it is gone). */
  ownIdentity(): Promise<{
    pid: number;
    startTicks: string;
    bootId: string;
    pidNamespace: string;
  }>;
  startTicksOf(pid: number): Promise<string | null>;
}
