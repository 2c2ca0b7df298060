import type { GuestEvidence, GuestLimits, ImageHints } from '../../model/guest.ts';
import type { Check } from '../../model/verify.ts';
import { findMilestones } from './console.ts';
import { findFatal, noDatasource } from './console-causes.ts';

/** Left to a guest that fails to say why, before its power goes. */
const lastWordsMs = 4_000;
/** Left to a guest that is up, when what is wrong does not become right by itself. */
const hopelessMs = 20_000;
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
  const isUp = evidence.settledMs !== null && checks.every(({ ok }) => ok);
  const why =
    findCollapse(evidence, nowMs) ?? (isUp ? null : giveUp(evidence, checks, limits, hints, nowMs));
  if (why !== null) return { kind: 'failed', why };
  return isUp ? { kind: 'passed' } : { kind: 'go on' };
}

function findCollapse({ console, end }: GuestEvidence, nowMs: number): FailedBy | null {
  if (end !== null) return 'ended';
  const fatal = findFatal(console);
  return fatal !== null && nowMs - fatal.ms >= lastWordsMs ? 'console' : null;
}

function giveUp(
  evidence: GuestEvidence,
  checks: readonly Check[],
  limits: GuestLimits,
  hints: ImageHints,
  nowMs: number,
): FailedBy | null {
  const { console, report, settledMs, lastWordMs } = evidence;
  const restarts = report?.agent?.restarts ?? 0;
  if (restarts >= 2 || (restarts === 1 && settledMs !== null)) return 'agent restarts';
  const upMs = report === null ? findSilentLogin(evidence) : settledMs;
  const isLost =
    hints.hasCloudInit === false ||
    isHopeless(evidence, checks) ||
    console.some(({ text }) => noDatasource.test(text));
  const graceMs = isLost ? hopelessMs : limits.graceMs;
  if (upMs !== null && nowMs - upMs >= graceMs) return 'grace';
  const isDead = !hints.hasBootCode && findMilestones(console).kernel === undefined;
  if (nowMs - lastWordMs >= (isDead ? deadMs : limits.silenceMs)) return 'silence';
  return nowMs >= limits.totalMs ? 'time limit' : null;
}

/** A guest that is up does not mend these; an address, a call or a clock may still come. */
const lasting = /^(datasource|cloud-init|file:.*|docker|data-disk|free-space|random|units)$/;

function isHopeless({ report }: GuestEvidence, checks: readonly Check[]): boolean {
  if (report === null) return false;
  const { agent } = report;
  const isOff = agent === null || (agent.enabled !== 'enabled' && agent.active === 'inactive');
  return isOff || checks.some(({ id, ok }) => !ok && lasting.test(id));
}

/** Since when a guest that does not report asks for a login and says nothing more. */
function findSilentLogin({ console, lastWordMs }: GuestEvidence): number | null {
  return findMilestones(console).login === undefined ? null : lastWordMs;
}
