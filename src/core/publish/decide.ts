import type { Seen } from '../../model/publish.ts';
import type { Operation, PublishRun, Stop } from '../../model/publish-run.ts';
import type { Wish } from '../../model/publish-wish.ts';
import { advanceCandidate } from './candidate.ts';
import { end, fail, type Look, look } from './look.ts';
import { leave } from './moves.ts';
import { decideRollback } from './rollback.ts';
import { retireOthers, rotate, sweepLeftovers } from './tidy.ts';
import { registerVersions } from './versions.ts';

/** No run that gets anywhere needs as many; a cloud that never shows the same twice would keep one busy for ever. */
const mostOperations = 1000;

/**
 * Says what to do next. Everything comes from what is seen now, so that a run that was killed, or that is one of many,
 * needs to remember nothing: the caller does the operation, remembers it, looks again, and asks again.
 */
export function decide(wish: Wish, seen: Seen, run: PublishRun): Operation | Stop {
  if (run.history.length >= mostOperations) {
    const why = `${mostOperations} operations have led nowhere`;
    return fail('failed', {
      code: 'glance-refused',
      why,
      hint: 'Something else changes the images: find it.',
    });
  }
  switch (wish.kind) {
    case 'publish':
      return decidePublication(look(wish, seen, run));
    case 'rollback':
      return decideRollback(look(wish, seen, run));
    case 'abandon':
      return leave(look(wish, seen, run), wish.stop);
  }
}

function decidePublication(at: Look): Operation | Stop {
  return (
    checkVerdict(at) ??
    sweepLeftovers(at) ??
    advanceCandidate(at) ??
    registerVersions(at) ??
    retireOthers(at) ??
    rotate(at) ??
    finish(at)
  );
}

function checkVerdict({ wish }: Look): Stop | null {
  const { required, verdict } = wish.verify;
  if (verdict === 'passed' || (!required && verdict === 'missing')) return null;
  const why =
    verdict === 'failed' ? 'The image failed its verification' : 'The image was not verified';
  return fail('refused', {
    code: 'not-verified',
    why,
    hint: 'Run the verification; publish what passes it.',
  });
}

function finish({ winner, run }: Look): Stop {
  const name = winner?.image.name ?? '';
  return winner?.runId === run.id
    ? end('published', `${name} is promoted`)
    : end('already-published', `This build is promoted already, as ${name}`);
}
