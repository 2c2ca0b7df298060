/** What is at a path, as this user sees it, links followed; nothing but a regular file is opened. */
export type PathFacts =
  | { readonly kind: 'file'; readonly sizeBytes: number; readonly head: Uint8Array }
  | { readonly kind: 'directory' }
  | { readonly kind: 'other' }
  | { readonly kind: 'unreadable'; readonly reason: string };

export interface ImageFiles {
  /** The kind of a file, its size, and its first bytes (4096 at most). */
  look(path: string): Promise<PathFacts>;
}
