/** Takes what a program of `host/` says at its end apart: a line of JSON, or whatever was written last. */
export function readFailure(stderr: string): { readonly error: string; readonly message: string } {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  try {
    return JSON.parse(last) as { error: string; message: string };
  } catch {
    return { error: 'unknown', message: last || 'no reason given' };
  }
}
