/** The text of SHA256SUMS, as `sha256sum --check` reads it. */
export function renderSums(
  files: readonly { readonly fileName: string; readonly sha256: string }[],
): string {
  return files.map(({ fileName, sha256 }) => `${sha256}  ${fileName}\n`).join('');
}
