const mebi = 1024 ** 2;

/** A value as code in a table. */
export const code = (text: string): string =>
  `\`${text.replaceAll('|', '\\|').replaceAll('`', "'")}\``;
export const describeSize = (bytes: number): string =>
  bytes >= 1024 * mebi
    ? `${(bytes / (1024 * mebi)).toFixed(2)} GiB`
    : `${(bytes / mebi).toFixed(1)} MiB`;
