/** The file system as stages use it. Paths are absolute. */
export interface Files {
  /** Makes a new file; an error if there is one. */
  write(path: string, content: string, mode?: number): Promise<void>;
  writeBytes(path: string, content: Uint8Array): Promise<void>;
  read(path: string): Promise<string>;
  /** Names in a directory; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
  makeDirectory(path: string): Promise<void>;
  /** `prefix` and six random letters and digits. */
  chooseUniqueName(prefix: string): string;
  /** A new directory of mode 0700; an error if there is something of that name. */
  makePrivateDirectory(path: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Removes a file; no error when there is none. */
  removeFile(path: string): Promise<void>;
  /** Removes an empty directory; no error when there is none. */
  removeDirectory(path: string): Promise<void>;
  /** Size in bytes. */
  sizeOf(path: string): Promise<number>;
  digest(path: string): Promise<{ sizeBytes: number; sha256: string }>;
  /** A file that lines are appended to; what was in it is gone. */
  openLog(path: string): LogFile;
}

export interface LogFile {
  write(line: string): void;
  close(): Promise<void>;
}

/** HTTP GET with a deadline, tried again where that may help. */
export interface Web {
  get(url: string, timeoutMs: number): Promise<WebAnswer>;
}

export type WebAnswer =
  | { readonly ok: true; readonly body: Uint8Array }
  | { readonly ok: false; readonly status: number | null; readonly reason: string };
