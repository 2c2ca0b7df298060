// Writes what is made from the input table: action.yml, the schema of the catalogue, and the tables of README.md. With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { renderCatalogueSchema } from '../lib/core/catalogue/schema.js';
import { renderTrovestackTables } from '../lib/core/trovestack/tables.js';
import { inputTable } from '../lib/model/input-table.js';
import { inputGroups } from '../lib/model/inputs.js';
import { outputTable } from '../lib/model/output-table.js';
import { trovestackVariables } from '../lib/model/trovestack.js';

const check = process.argv.includes('--check');
const root = new URL('..', import.meta.url);
const notice =
  'Made from src/model/input-table.ts and output-table.ts by `npm run generate`; do not edit.';

const action = {
  name: 'Trove guest image',
  description: 'Build, check and upload an OpenStack Trove guest image with diskimage-builder',
  author: 'The trove-image contributors',
  branding: { icon: 'database', color: 'red' },
  inputs: Object.fromEntries(
    inputTable.map((spec) => [
      spec.name,
      {
        description: `${spec.summary} Accepts: ${spec.accepts}.`,
        required: false,
        default: spec.default,
      },
    ]),
  ),
  outputs: Object.fromEntries(
    outputTable.map(({ name, summary }) => [name, { description: summary }]),
  ),
  runs: { using: 'node24', main: 'dist/index.js', post: 'dist/index.js', 'post-if': 'always()' },
};

const cell = (text) => text.replaceAll('|', '\\|');
const code = (text) => (text === '' ? '' : `\`${text}\``);
const inputs = Object.entries(inputGroups)
  .map(([group, heading]) =>
    [
      `**${heading}**`,
      '',
      '| input | default | what it is |',
      '|---|---|---|',
      ...inputTable
        .filter((spec) => spec.group === group)
        .map((spec) => `| \`${spec.name}\` | ${code(spec.default)} | ${cell(spec.summary)} |`),
      '',
    ].join('\n'),
  )
  .join('\n');
const outputs = [
  '| output | what it is |',
  '|---|---|',
  ...outputTable.map(({ name, summary }) => `| \`${name}\` | ${cell(summary)} |`),
  '',
].join('\n');

function replaceBetween(text, name, content, from = notice) {
  const [begin, end] = [`<!-- ${name}: ${from} -->`, `<!-- end of ${name} -->`];
  const start = text.indexOf(`<!-- ${name}:`);
  const to = text.indexOf(end);
  if (start < 0 || to < 0) throw new Error(`there are no marks for ${name}`);
  return `${text.slice(0, start)}${begin}\n\n${content}\n${text.slice(to)}`;
}

const readme = readFileSync(new URL('README.md', root), 'utf8');
const files = {
  'action.yml': `# ${notice}\n${stringify(action, { lineWidth: 0 })}`,
  'README.md': replaceBetween(replaceBetween(readme, 'inputs', inputs), 'outputs', outputs),
};
files['docs/trove-images.schema.json'] = `${JSON.stringify(
  {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    ...renderCatalogueSchema(inputTable),
  },
  null,
  2,
)}\n`;
const trovestack = 'docs/coming-from-trovestack.md';
files[trovestack] = replaceBetween(
  readFileSync(new URL(trovestack, root), 'utf8'),
  'trovestack',
  renderTrovestackTables(trovestackVariables),
  'Made from src/model/trovestack.ts by `npm run generate`; do not edit.',
);
const stale = [];
for (const [name, content] of Object.entries(files)) {
  const path = new URL(name, root);
  let current = '';
  try {
    current = readFileSync(path, 'utf8');
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  if (current === content) continue;
  if (check) stale.push(name);
  else writeFileSync(path, content);
}
if (stale.length > 0) {
  console.error(`${stale.join(', ')} differ from the input table. Run: npm run generate`);
  process.exit(1);
}
