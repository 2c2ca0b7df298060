import type { Problem } from '../../errors.ts';
import { type Positional, readPositional } from './arguments.ts';
import { listDevstackImages } from './images.ts';
import { listControllerNotes, listNotes, listOptionNotes } from './notes.ts';
import { chooseOutput } from './output.ts';
import { goesOn, refuseVariables, selectVariables, type Variables } from './variables.ts';

/** What trovestack would find out about the machine. */
export interface TrovestackFacts {
  readonly home: string;
  readonly user: string;
  /** Checkout of Trove in the current directory; null where it is none. */
  readonly checkout: string | null;
  /** Release that the checkout's own trovestack builds when none is named; null where it does not say. */
  readonly defaultRelease: string | null;
  readonly hasFile: (path: string) => boolean;
}

export interface Translation {
  readonly generation: Positional['generation'];
  /** Texts of our inputs by their names. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What became of variables without an input of their own, one sentence each. */
  readonly notes: readonly string[];
  readonly refusals: readonly Problem[];
}

/** Says in our inputs what a call of `trovestack build-image` says in its arguments and variables. */
export function translateTrovestack(
  words: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
  facts: TrovestackFacts,
): Translation {
  const variables = selectVariables(environment);
  const positional = readPositional(words);
  const inputs = describeInputs(positional, variables, facts);
  const isIdle = (name: string): boolean => {
    const { [name]: _left, ...others } = variables;
    const without = describeInputs(positional, others, facts);
    return JSON.stringify(without) === JSON.stringify(inputs);
  };
  const optionFiles = [
    `${facts.home}/.trovestack.options.rc`,
    `${inputs['trove-path'] ?? ''}/integration/scripts/options.rc`,
  ];
  return {
    generation: positional.generation,
    inputs,
    notes: [
      ...listNotes(variables, inputs, isIdle),
      ...listControllerNotes(inputs, positional.generation),
      ...listOptionNotes(optionFiles.filter(facts.hasFile)),
    ],
    refusals: [
      ...positional.problems,
      ...refuseVariables(variables),
      ...refuseTree(positional, inputs, facts),
    ],
  };
}

/** An image for each datastore needs a tree of that time: on one of today it would be another image, in silence. */
function refuseTree(
  { generation, datastore }: Positional,
  inputs: Readonly<Record<string, string>>,
  { hasFile }: TrovestackFacts,
): readonly Problem[] {
  if (generation !== 'train') return [];
  const path = inputs['trove-path'];
  const isCurrent =
    path === undefined
      ? inputs['trove-ref'] === undefined
      : hasFile(`${path}/integration/scripts/files/elements/ubuntu-docker`);
  if (!isCurrent) return [];
  return [
    {
      code: 'trovestack-argument',
      message: `build-image: an image for ${datastore} alone needs a tree of Trove before Victoria, and ${path ?? 'no checkout is given, and master'} is none.`,
      hint: `Name such a checkout in PATH_TROVE, or a branch in TROVE_BRANCH; or leave the datastore out: one image serves all, and --datastores ${datastore} embeds its container.`,
    },
  ];
}

/** The texts that are not empty. */
function describeInputs(
  positional: Positional,
  variables: Variables,
  facts: TrovestackFacts,
): Readonly<Record<string, string>> {
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
  return Object.fromEntries(Object.entries(inputs).filter(([, text]) => text !== ''));
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
  const sync = variables.SYNC_LOG_TO_CONTROLLER ?? '';
  return {
    'controller-user': variables.HOST_SCP_USERNAME ?? facts.user,
    'controller-trove-path': trovePath ?? '',
    'controller-address': variables.CONTROLLER_IP ?? '',
    'ssh-dir': facts.hasFile(`${directory}/id_rsa`) ? directory : '',
    // as Trove's elements compare it
    'sync-guest-logs': /^(True|False)$/.test(sync) ? sync.toLowerCase() : '',
  };
}

function chooseContent(
  { generation }: Positional,
  variables: Variables,
  facts: TrovestackFacts,
): Readonly<Record<string, string>> {
  const images = variables.DIB_TROVE_DOCKER_IMAGES ?? listDevstackImages(variables).join(' ');
  const local = `${variables.DEST ?? '/opt/stack'}/requirements/upper-constraints.txt`;
  return {
    'elements-path': variables.DIB_LOCAL_ELEMENTS_PATH ?? '',
    'upper-constraints':
      variables.DIB_REPOLOCATION_upper_constraints ?? (facts.hasFile(local) ? local : ''),
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
