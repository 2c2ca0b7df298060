import type { Positional } from './arguments.ts';
import { findRow, type Variables } from './variables.ts';

type Texts = Readonly<Record<string, string>>;

const developmentInputs: readonly string[] = [
  'ssh-dir',
  'controller-user',
  'controller-address',
  'sync-guest-logs',
];

/** A sentence for each variable that is set and changes nothing; `isIdle` says whether all would be the same without it. */
export function listNotes(
  variables: Variables,
  inputs: Texts,
  isIdle: (name: string) => boolean,
): readonly string[] {
  const dropped = Object.keys(variables).filter((name) => name.startsWith('OS_'));
  const notes = Object.entries(variables).flatMap(([name, value]) => {
    const row = findRow(name);
    if (row === undefined || row.fate === 'refused' || row.fate === 'environment') return [];
    if (row.fate === 'no effect') return [`${name} has no effect: ${row.now}`];
    if (!isIdle(name) || isSoAnyway(value, inputs[row.fate.input])) return [];
    const why = developmentInputs.includes(row.fate.input) && inputs['dev-mode'] !== 'true';
    return [`${name} has no effect${why ? ' without development mode' : ''}: ${row.now}`];
  });
  return [
    ...notes,
    ...(dropped.length > 0
      ? [`${dropped.join(', ')}: dropped, as trovestack drops every variable of OpenStack clients.`]
      : []),
  ];
}

/** It asks for what is the default, or switches on what is on. */
const isSoAnyway = (value: string, text: string | undefined): boolean =>
  text !== undefined && (text === value || value === 'True');

/** What trovestack would have found or made on the controller that it ran on. */
export function listControllerNotes(
  inputs: Texts,
  generation: Positional['generation'],
): readonly string[] {
  if (inputs['dev-mode'] !== 'true') return [];
  const key =
    'There is no key for the controller: trovestack would have made one and authorised it on this machine. Make a pair, authorise it on the controller, and name its directory in SSH_DIR.';
  const address =
    "CONTROLLER_IP is not set: trovestack would have taken this machine's address. Name the controller's.";
  return [
    ...(inputs['ssh-dir'] === undefined ? [key] : []),
    ...(generation === 'train' && inputs['controller-address'] === undefined ? [address] : []),
  ];
}

/** Shell files that trovestack ran before anything else. */
export const listOptionNotes = (paths: readonly string[]): readonly string[] =>
  paths.map(
    (path) =>
      `${path} is not read, where trovestack ran it as a part of itself: export what it sets (set -a; . ${path}; set +a).`,
  );
