import type { Problem } from '../../errors.ts';
import { trovestackVariables } from '../../model/trovestack.ts';
import type { TrovestackVariable } from '../../model/trovestack-row.ts';
import { type Positional, readPositional } from './arguments.ts';
import { listDevstackImages } from './images.ts';
import { chooseOutput } from './output.ts';

/** What trovestack would find out about the machine. */
export interface TrovestackFacts {
  readonly home: string;
  readonly user: string;
  /** Checkout of Trove in the current directory; null where it is none. */
  readonly checkout: string | null;
  /** Upper constraints of devstack on this machine; null where there are none. */
  readonly localConstraints: string | null;
  /** Release that the checkout's own trovestack builds when none is named; null where it does not say. */
  readonly defaultRelease: string | null;
  /** Is there an id_rsa in this directory? */
  readonly hasKey: (directory: string) => boolean;
}

export interface Translation {
  readonly generation: Positional['generation'];
  /** Texts of our inputs by their names. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What became of variables without an input of their own, one sentence each. */
  readonly notes: readonly string[];
  readonly refusals: readonly Problem[];
}

type Variables = Readonly<Record<string, string>>;

/** Says in our inputs what a call of `trovestack build-image` says in its arguments and variables. */
export function translateTrovestack(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  facts: TrovestackFacts,
): Translation {
  const variables = selectVariables(environment);
  const positional = readPositional(words);
  const isDevelopment = (positional.devMode ?? 'true').toLowerCase() === 'true';
  const source = chooseSource(variables, facts);
  const inputs = {
    ...chooseGuest(positional, variables, facts),
    'guest-agent': 'source',
    'dev-mode': String(isDevelopment),
    ...source,
    ...(isDevelopment ? chooseController(variables, facts, source['trove-path']) : {}),
    ...chooseContent(positional, variables, facts),
    ...chooseOutput(positional, variables, facts.home),
  };
  return {
    generation: positional.generation,
    inputs: Object.fromEntries(Object.entries(inputs).filter(([, text]) => text !== '')),
    notes: [
      ...listNotes(variables, inputs, isDevelopment),
      ...(isDevelopment ? listControllerNotes(inputs, positional.generation) : []),
    ],
    refusals: [...positional.problems, ...listRefusals(variables)],
  };
}

/** Variables that trovestack or diskimage-builder knows; empty ones are not set. */
function selectVariables(environment: Readonly<Record<string, string | undefined>>): Variables {
  const known = new Set(trovestackVariables.map(({ name }) => name));
  return Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) =>
      value && (known.has(name) || /^(DIB|OS)_/.test(name)) ? [[name, value] as const] : [],
    ),
  );
}

function chooseGuest(
  positional: Positional,
  variables: Variables,
  { defaultRelease }: TrovestackFacts,
) {
  const { generation, datastore } = positional;
  const fallback = generation === 'train' ? 'xenial' : (defaultRelease ?? 'jammy');
  return {
    'guest-os': positional.os ?? variables.TROVE_IMAGE_OS ?? 'ubuntu',
    'guest-release': positional.release ?? variables.TROVE_IMAGE_OS_RELEASE ?? fallback,
    'guest-username': positional.username ?? 'ubuntu',
    datastores: datastore ?? '',
  };
}

/** A checkout wins, as trovestack always lies in one. */
function chooseSource(variables: Variables, { checkout }: TrovestackFacts) {
  const path = variables.PATH_TROVE ?? checkout ?? '';
  if (path !== '') return { 'trove-path': path };
  const openstack =
    variables.GIT_OPENSTACK ?? (variables.GIT_BASE ? `${variables.GIT_BASE}/openstack` : '');
  return {
    'trove-repository': variables.TROVE_REPO ?? (openstack === '' ? '' : `${openstack}/trove`),
    'trove-ref': variables.TROVE_BRANCH ?? '',
  };
}

function chooseController(variables: Variables, facts: TrovestackFacts, trovePath?: string) {
  const directory = variables.SSH_DIR ?? `${facts.home}/.ssh`;
  return {
    'controller-user': variables.HOST_SCP_USERNAME ?? facts.user,
    'controller-trove-path': trovePath ?? '',
    'controller-address': variables.CONTROLLER_IP ?? '',
    'ssh-dir': facts.hasKey(directory) ? directory : '',
    'sync-guest-logs': variables.SYNC_LOG_TO_CONTROLLER === 'True' ? 'true' : '',
  };
}

function chooseContent(
  { generation }: Positional,
  variables: Variables,
  facts: TrovestackFacts,
): Readonly<Record<string, string>> {
  const images = variables.DIB_TROVE_DOCKER_IMAGES ?? listDevstackImages(variables).join(' ');
  return {
    'elements-path': variables.DIB_LOCAL_ELEMENTS_PATH ?? '',
    'upper-constraints':
      variables.DIB_REPOLOCATION_upper_constraints ?? facts.localConstraints ?? '',
    'container-images': images,
    mirror: variables.DIB_DISTRIBUTION_MIRROR ?? '',
    'image-size': variables.GUEST_IMAGESIZE ?? (generation === 'train' ? '4' : ''),
    'root-password': variables.TROVE_ROOT_PASSWORD ?? '',
    environment: Object.entries(variables)
      .filter(([name]) => goesOn(name))
      .map(([name, value]) => `${name}=${value}`)
      .join('\n'),
  };
}

/** Is it a line of `environment`? */
function goesOn(name: string): boolean {
  const fate = findRow(name)?.fate;
  return fate === undefined ? name.startsWith('DIB_') : fate === 'environment';
}

const findRow = (name: string): TrovestackVariable | undefined =>
  trovestackVariables.find((each) => each.name === name);

/** What was set and is not an input now, with the reason. */
function listNotes(
  variables: Variables,
  inputs: Readonly<Record<string, string | undefined>>,
  isDevelopment: boolean,
): readonly string[] {
  const dropped = Object.keys(variables).filter((name) => name.startsWith('OS_'));
  const notes = Object.keys(variables).flatMap((name) => {
    const row = findRow(name);
    if (row === undefined || row.fate === 'refused' || row.fate === 'environment') return [];
    if (row.fate === 'no effect') return [`${name} has no effect: ${row.now}`];
    const text = inputs[row.fate.input] ?? '';
    if (text !== '') return [];
    const why = developmentInputs.includes(row.fate.input) && !isDevelopment;
    return [`${name} has no effect${why ? ' without development mode' : ''}: ${row.now}`];
  });
  return [
    ...notes,
    ...(dropped.length > 0
      ? [`${dropped.join(', ')}: dropped, as trovestack drops every variable of OpenStack clients.`]
      : []),
  ];
}

const developmentInputs: readonly string[] = [
  'ssh-dir',
  'controller-user',
  'controller-address',
  'sync-guest-logs',
];

/** What trovestack would have found or made on the controller that it ran on. */
function listControllerNotes(
  inputs: Readonly<Record<string, string | undefined>>,
  generation: Positional['generation'],
): readonly string[] {
  const key =
    'There is no key for the controller: trovestack would have made one and authorised it on this machine. Make a pair, authorise it on the controller, and name its directory in SSH_DIR.';
  const address =
    "CONTROLLER_IP is not set: trovestack would have taken this machine's address. Name the controller's.";
  return [
    ...(inputs['ssh-dir'] === '' ? [key] : []),
    ...(generation === 'train' && inputs['controller-address'] === '' ? [address] : []),
  ];
}

const listRefusals = (variables: Variables): readonly Problem[] =>
  Object.keys(variables).flatMap((name) => {
    const row = findRow(name);
    if (row?.fate !== 'refused') return [];
    return [
      {
        code: 'trovestack-variable',
        message: `${name} (${row.was}) is refused.`,
        hint: row.now,
      },
    ];
  });
