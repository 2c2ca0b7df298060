import { type Problem, TroveImageError } from '../../errors.ts';
import { compareHooks, type Element, phases } from '../../model/elements.ts';

/** All elements that a build uses, sorted by name: those asked for and what they depend on, transitively. */
export function resolveClosure(
  wanted: readonly string[],
  known: readonly Element[],
  elementsPath: readonly string[],
  nearest: (name: string, names: readonly string[]) => string | null,
): readonly Element[] {
  const byName = new Map(known.map((element) => [element.name, element]));
  const used = new Map<string, Element>();
  const problems: Problem[] = [];
  const queue = wanted.map((name) => ({ name, by: 'the elements asked for' }));
  const provided = new Set<string>(['operating-system']);
  const missing = new Map<string, string>();
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const element = byName.get(next.name);
    if (element === undefined) missing.set(next.name, next.by);
    else if (!used.has(next.name)) {
      used.set(next.name, element);
      for (const name of element.provides) provided.add(name);
      queue.push(...element.dependsOn.map((name) => ({ name, by: `element ${element.name}` })));
    }
  }
  for (const [name, by] of missing) {
    if (provided.has(name)) continue;
    const near = nearest(name, [...byName.keys()]);
    problems.push({
      code: 'unknown-element',
      message: `elements: there is no element ${JSON.stringify(name)}, which ${by} names. Searched: ${elementsPath.join(', ')}.`,
      hint:
        near === null
          ? 'Correct the name, or add its directory to elements-path.'
          : `Did you mean ${JSON.stringify(near)}?`,
    });
  }
  // diskimage-builder leaves out what another element says that it provides
  const elements = [...used.values()]
    .filter(({ name }) => !provided.has(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  problems.push(...findDuplicateHooks(elements));
  if (problems.length > 0) throw new TroveImageError('input', problems);
  return elements;
}

/** diskimage-builder flattens all hooks into one directory per phase and stops when two have the same name. */
function findDuplicateHooks(elements: readonly Element[]): readonly Problem[] {
  const owners = new Map<string, string>();
  const problems: Problem[] = [];
  for (const element of elements) {
    for (const [phase, scripts] of Object.entries(element.scripts)) {
      for (const script of scripts) {
        const key = `${phase}.d/${script}`;
        const owner = owners.get(key);
        if (owner === undefined) owners.set(key, element.name);
        else {
          problems.push({
            code: 'duplicate-hook',
            message: `elements: ${owner} and ${element.name} both have the hook ${key}; diskimage-builder accepts one.`,
            hint: 'Rename the hook in your own element, or leave one of the elements out.',
          });
        }
      }
    }
  }
  return problems;
}

/** The scripts of a build in the order in which they run: phase by phase, by number, then by name. */
export function listScripts(
  elements: readonly Element[],
): readonly { phase: string; script: string; element: string }[] {
  return phases.flatMap((phase) =>
    elements
      .flatMap((element) =>
        [...(element.scripts[phase] ?? []), ...listSourceScripts(element, phase)].map((script) => ({
          phase,
          script,
          element: element.name,
        })),
      )
      .sort((a, b) => compareHooks(a.script, b.script)),
  );
}

/** Scripts that the element install-types links into a phase for what is installed from source. */
const listSourceScripts = ({ linkedScripts }: Element, phase: string): readonly string[] =>
  (linkedScripts?.[phase] ?? []).flatMap((path) => {
    const [type = '', name = ''] = path.split('/');
    return type.endsWith('-source-install') ? [name] : [];
  });
