import type { Build } from './builds.ts';
import { explainGivenUp, findGivenUp } from './history.ts';
import type { Look, Next } from './look.ts';
import { attemptOrLeave, leave, startOver } from './moves.ts';

/** Brings the bytes there and makes sure of them; null when Glance has exactly ours, proved where that is asked. */
export function checkUpload(at: Look, own: Build): Next {
  const { run, wish } = at;
  const { id, name, status } = own.image;
  switch (status) {
    case 'queued': {
      const why = `Upload ${wish.sizeBytes} bytes to ${name}`;
      return attemptOrLeave(at, { kind: 'upload', imageId: id, why });
    }
    case 'saving':
    case 'importing':
    case 'uploading': {
      const waits = run.history.filter(
        ({ operation }) => operation.kind === 'wait' && operation.imageId === id,
      );
      if (waits.length >= wish.policy.attempts) {
        return startOver(at, own, `it is stuck in ${status}`);
      }
      const why = `Wait for Glance to see that the upload to ${name} has ended`;
      return { kind: 'wait', imageId: id, forMs: wish.policy.pollMs, why };
    }
    case 'active': {
      // what was sent is not what was to be published
      const bad = findGivenUp(run, 'upload', wish.policy.attempts);
      if (bad?.refusal?.reason === 'invalid') return leave(at, explainGivenUp(bad));
      return checkContent(at, own);
    }
    default:
      return startOver(at, own, `it is ${status}`);
  }
}

function checkContent(at: Look, own: Build): Next {
  const { run, wish } = at;
  const { id, name, sizeBytes, digest } = own.image;
  if (sizeBytes !== wish.sizeBytes) {
    return startOver(at, own, `it has ${sizeBytes} bytes of ${wish.sizeBytes}`);
  }
  if (digest === null) return startOver(at, own, 'Glance gives no digest of it');
  const { algorithm, value } = digest;
  const known = run.digests[algorithm];
  if (known === undefined) {
    const why = `Compute the ${algorithm} of the file, which Glance gives for ${name}`;
    return attemptOrLeave(at, { kind: 'digest', imageId: id, algorithm, why });
  }
  if (known.toLowerCase() !== value.toLowerCase()) {
    return startOver(at, own, `its ${algorithm} is not that of the file`);
  }
  if (!wish.prove || run.proved.includes(id)) return null;
  const why = `Prove ${name} before anything points at it`;
  return attemptOrLeave(at, { kind: 'prove', imageId: id, why });
}
