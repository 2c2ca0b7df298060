import type { GuestEvidence, GuestLimits, ImageHints } from '../../model/guest.ts';
import type { Check } from '../../model/verify.ts';
import { findMilestones } from './console.ts';
import { findFatal } from './console-causes.ts';

/** Left to a guest that fails to say why, before its power goes. */
const lastWordsMs = 4_000;
/** Left to a disk without code in its boot sector. */
const deadMs = 15_000;

export type Conclusion =
  | { readonly kind: 'go on' }
  | { readonly kind: 'passed' }
  /** Nothing would become better; `why` says what was waited for. */
  | { readonly kind: 'failed'; readonly why: FailedBy };

export type FailedBy = 'ended' | 'console' | 'agent restarts' | 'grace' | 'silence' | 'time limit';

/** Whether what is known of a guest at this time since power-on is enough. */
export function conclude(
  evidence: GuestEvidence,
  checks: readonly Check[],
  { limits, hints }: { readonly limits: GuestLimits; readonly hints: ImageHints },
  nowMs: number,
): Conclusion {
  const why = findEnd(evidence, limits, hints, nowMs);
  if (why !== null) return { kind: 'failed', why };
  const isUp = evidence.settledMs !== null && checks.every(({ ok }) => ok);
  return isUp ? { kind: 'passed' } : { kind: 'go on' };
}

function findEnd(
  evidence: GuestEvidence,
  limits: GuestLimits,
  hints: ImageHints,
  nowMs: number,
): FailedBy | null {
  const { console, report, settledMs, lastWordMs, end } = evidence;
  if (end !== null) return 'ended';
  const fatal = findFatal(console);
  if (fatal !== null && nowMs - fatal.ms >= lastWordsMs) return 'console';
  const restarts = report?.agent?.restarts ?? 0;
  if (restarts >= 2 || (restarts === 1 && settledMs !== null)) return 'agent restarts';
  const upMs = report === null ? findSilentLogin(evidence) : settledMs;
  if (upMs !== null && nowMs - upMs >= limits.graceMs) return 'grace';
  const isDead = !hints.hasBootCode && findMilestones(console).kernel === undefined;
  if (nowMs - lastWordMs >= (isDead ? deadMs : limits.silenceMs)) return 'silence';
  return nowMs >= limits.totalMs ? 'time limit' : null;
}

/** Since when a guest that does not report asks for a login and says nothing more. */
function findSilentLogin({ console, lastWordMs }: GuestEvidence): number | null {
  return findMilestones(console).login === undefined ? null : lastWordMs;
}
