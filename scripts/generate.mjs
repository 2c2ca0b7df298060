// Writes what is made from the input table: action.yml, the schema of the catalogue, and the tables of README.md. With --check it only compares.
import { readFileSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { renderCatalogueSchema } from '../lib/core/catalogue/schema.js';
import { renderTrovestackTables } from '../lib/core/trovestack/tables.js';
import { inputTable } from '../lib/model/input-table.js';
import { inputGroups } from '../lib/model/inputs.js';
import { outputTable } from '../lib/model/output-table.js';
import { planInputs, planOutputs } from '../lib/model/plan-inputs.js';
import { publishActionInputs } from '../lib/model/publish-inputs.js';
import { publishOutputTable } from '../lib/model/publish-outputs.js';
import { trovestackVariables } from '../lib/model/trovestack.js';
import { verifyInputs, verifyOutputTable } from '../lib/model/verify-inputs.js';

const check = process.argv.includes('--check');
const root = new URL('..', import.meta.url);
const notice =
  'Made from src/model/input-table.ts and output-table.ts by `npm run generate`; do not edit.';

const describeAction = (about, inputs, outputs, runs) => ({
  ...about,
  author: 'The trove-image contributors',
  branding: { icon: 'database', color: 'red' },
  inputs: Object.fromEntries(
    inputs.map((spec) => [
      spec.name,
      {
        description: `${spec.summary} Accepts: ${spec.accepts}.`,
        required: false,
        default: spec.default,
      },
    ]),
  ),
  outputs: Object.fromEntries(outputs.map(({ name, summary }) => [name, { description: summary }])),
  runs: { using: 'node24', ...runs },
});

const action = describeAction(
  {
    name: 'Trove guest image',
    description: 'Build, check and upload an OpenStack Trove guest image with diskimage-builder',
  },
  inputTable,
  [...outputTable, ...publishOutputTable],
  { main: 'dist/index.js', post: 'dist/index.js', 'post-if': 'always()' },
);
const publishAction = describeAction(
  {
    name: 'Publish a Trove guest image',
    description:
      'Publish a guest image to Glance, verified and reversible, and register it with Trove',
  },
  publishActionInputs,
  publishOutputTable,
  { main: 'main.js' },
);

const planAction = describeAction(
  {
    name: 'Plan Trove guest images',
    description:
      'Tell which Trove guest images of a catalogue have to be built, and why, as a job matrix',
  },
  planInputs,
  planOutputs,
  { main: 'main.js' },
);
const verifyAction = describeAction(
  {
    name: 'Verify a Trove guest image',
    description: 'Boot a guest image as Trove would, and let its guest agent answer',
  },
  verifyInputs,
  verifyOutputTable,
  { main: 'main.js' },
);

const cell = (text) => text.replaceAll('|', '\\|');
const code = (text) => (text === '' ? '' : `\`${text}\``);
const renderInputs = (table) =>
  Object.entries(inputGroups)
    .filter(([group]) => table.some((spec) => spec.group === group))
    .map(([group, heading]) =>
      [
        `**${heading}**`,
        '',
        '| input | default | what it is |',
        '|---|---|---|',
        ...table
          .filter((spec) => spec.group === group)
          .map((spec) => `| \`${spec.name}\` | ${code(spec.default)} | ${cell(spec.summary)} |`),
        '',
      ].join('\n'),
    )
    .join('\n');
const renderOutputs = (table) =>
  [
    '| output | what it is |',
    '|---|---|',
    ...table.map(({ name, summary }) => `| \`${name}\` | ${cell(summary)} |`),
    '',
  ].join('\n');

function replaceBetween(text, name, content, from = notice) {
  const [begin, end] = [`<!-- ${name}: ${from} -->`, `<!-- end of ${name} -->`];
  const start = text.indexOf(`<!-- ${name}:`);
  const to = text.indexOf(end);
  if (start < 0 || to < 0) throw new Error(`there are no marks for ${name}`);
  return `${text.slice(0, start)}${begin}\n\n${content}\n${text.slice(to)}`;
}

const writeAction = (content) => `# ${notice}\n${stringify(content, { lineWidth: 0 })}`;
const publishNotice =
  'Made from src/model/publish-inputs.ts and publish-outputs.ts by `npm run generate`; do not edit.';
const files = {
  'action.yml': writeAction(action),
  'plan/action.yml': writeAction(planAction),
  'publish/action.yml': writeAction(publishAction),
  'verify/action.yml': writeAction(verifyAction),
};
const replaceTables = (path, inputs, outputs, from) => {
  const text = readFileSync(new URL(path, root), 'utf8');
  files[path] = replaceBetween(
    replaceBetween(text, 'inputs', renderInputs(inputs), from),
    'outputs',
    renderOutputs(outputs),
    from,
  );
};
// what is published has a page of its own
const buildInputs = inputTable.filter(
  (spec) => spec.group !== 'publish' || spec.name === 'publish',
);
replaceTables('README.md', buildInputs, outputTable, notice);
replaceTables('docs/publishing.md', publishActionInputs, publishOutputTable, publishNotice);
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
