import type { TrovestackVariable } from '../../model/trovestack-row.ts';

const headings: Readonly<Record<TrovestackVariable['of'], string>> = {
  trovestack: "Variables of today's trovestack",
  train: 'Variables of Train and Ussuri only',
  devstack: "Variables of devstack's plugin",
};

/** The tables of docs/coming-from-trovestack.md. */
export function renderTrovestackTables(variables: readonly TrovestackVariable[]): string {
  return Object.entries(headings)
    .map(([of, heading]) =>
      [
        `**${heading}**`,
        '',
        '| variable | what it was | here | |',
        '|---|---|---|---|',
        ...variables
          .filter((each) => each.of === of)
          .map(
            ({ name, was, fate, now }) =>
              `| \`${name}\` | ${was} | ${describeFate(fate)} | ${now} |`,
          ),
        '',
      ].join('\n'),
    )
    .join('\n');
}

function describeFate(fate: TrovestackVariable['fate']): string {
  if (typeof fate === 'object') return `\`${fate.input}\``;
  return fate === 'environment' ? '`environment`' : fate;
}
