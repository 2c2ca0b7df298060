const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** A size for people: `1.4 MiB`; with `sign` as a difference: `+1.4 MiB`. */
export function showBytes(bytes: number, sign = false): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const shown = `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
  if (!sign || bytes === 0) return shown;
  return `${bytes < 0 ? '-' : '+'}${shown}`;
}

/**
 * A name or value out of an image for a terminal: what could act on it, or could not be seen, is
 * escaped; a byte that is not UTF-8 (a lone surrogate U+DC80 and above) is written `\xNN`.
 */
export function showName(name: string): string {
  return [...name].map((character) => escapeCharacter(character)).join('');
}

function escapeCharacter(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = (digits: number, value = code): string => value.toString(16).padStart(digits, '0');
  if (character === '\\') return '\\\\';
  if (code >= 0xdc80 && code <= 0xdcff) return `\\x${hex(2, code - 0xdc00)}`;
  if (!/[\p{C}\p{Zl}\p{Zp}]/u.test(character)) return character;
  if (code < 0x100) return `\\x${hex(2)}`;
  return code < 0x10000 ? `\\u${hex(4)}` : `\\u{${hex(5)}}`;
}

/** Rows with their columns in line; columns in `right` are aligned at their end. */
export function alignRows(
  rows: readonly (readonly string[])[],
  right: readonly number[] = [],
): readonly string[] {
  const widths = (rows[0] ?? []).map((_, column) =>
    rows.reduce((most, row) => Math.max(most, row[column]?.length ?? 0), 0),
  );
  return rows.map((row) =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        if (right.includes(column)) return cell.padStart(width);
        // one very long name does not push the column after it out of sight
        return cell.padEnd(Math.min(width, 60));
      })
      .join('  ')
      .trimEnd(),
  );
}
