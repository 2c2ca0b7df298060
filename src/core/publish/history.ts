import type { Operation, Performed, PublishRun, Refusal, Stop } from '../../model/publish-run.ts';
import { fail } from './look.ts';

/** Tried once for each image or version; all else is counted by kind, since a new candidate is no new chance. */
const ofOneTarget = ['delete', 'retire', 'create-version', 'update-version', 'set-parameters'];

/** What tells one thing to do from another. */
export function nameOperation(operation: Operation): string {
  if (!ofOneTarget.includes(operation.kind)) return operation.kind;
  if ('version' in operation) {
    const { datastore, name, version } = operation.version;
    return JSON.stringify([operation.kind, datastore, name, version]);
  }
  return JSON.stringify([
    operation.kind,
    'versionId' in operation ? operation.versionId : 'imageId' in operation && operation.imageId,
  ]);
}

/** Adds what was done, or why it was not. */
export const remember = (run: PublishRun, performed: Performed): PublishRun => ({
  ...run,
  history: [...run.history, performed],
});

/** The last try of something that is not tried again; null when it may be. */
export function findGivenUp(run: PublishRun, name: string, attempts: number): Performed | null {
  const tries = run.history.filter(({ operation }) => nameOperation(operation) === name);
  const last = tries.at(-1);
  const isFinal = ['forbidden', 'too-large', 'invalid'].includes(last?.refusal?.reason ?? '');
  return last !== undefined && (isFinal || tries.length >= attempts) ? last : null;
}

/** The operation, or the end of the run when it was tried often enough. */
export function attempt(run: PublishRun, operation: Operation, attempts: number): Operation | Stop {
  const givenUp = findGivenUp(run, nameOperation(operation), attempts);
  return givenUp === null ? operation : explainGivenUp(givenUp);
}

const troubles = {
  trove: { who: 'Trove', code: 'trove-refused' },
  glance: { who: 'Glance', code: 'glance-refused' },
  proof: { who: 'the proof', code: 'not-proved' },
  damage: { who: 'Glance', code: 'upload-damaged' },
} as const;

/** Ends a run because of something that could not be done. */
export function explainGivenUp({ operation, refusal }: Performed): Stop {
  const { who, code } = troubles[classify(operation, refusal)];
  const what =
    refusal === null
      ? `${who} took it, and still shows something else`
      : `${who} says: ${refusal.text}`;
  return fail('failed', {
    code,
    why: `${operation.why}: ${what}`,
    hint: suggest(operation, refusal?.reason),
  });
}

function classify({ kind }: Operation, refusal: Refusal | null): keyof typeof troubles {
  switch (kind) {
    case 'create-version':
    case 'update-version':
    case 'set-parameters':
      return 'trove';
    case 'prove':
      return 'proof';
    case 'upload':
      return refusal === null ? 'damage' : 'glance';
    case 'create':
    case 'digest':
    case 'promote':
    case 'withdraw':
    case 'retire':
    case 'delete':
    case 'wait':
      return 'glance';
  }
}

function suggest({ kind }: Operation, reason: string | undefined): string {
  if (reason === 'too-large') {
    return 'Ask for a larger image quota, or build a smaller image: fewer embedded datastores, a denser compression.';
  }
  if (reason !== 'forbidden') return 'Publish again: what is left over is tidied first.';
  if (kind === 'promote') {
    return 'Only administrators may make images public in most clouds: choose visibility private, shared or community, or use a login that may.';
  }
  if (kind.includes('version') || kind === 'set-parameters') {
    return 'Datastore versions need the admin role: use a login that has it, or leave datastore-versions out.';
  }
  return 'Give the login a role that may create, change and delete images of its project.';
}
