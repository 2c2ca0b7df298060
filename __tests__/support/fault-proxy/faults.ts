/** What is done to a request that a fault hits. `at` is how much of its body the server gets, in percent. */
export type Effect = Ending | Change;

/**
 * How a request ends. At 0 the server hears nothing of it; at 50 it gets half of the body, and then its connection
 * breaks; at 100 it does all the work, and its answer is lost.
 */
export type Ending =
  /** The client gets this answer instead. */
  | {
      readonly kind: 'answer';
      readonly at: number;
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The client's connection is reset. */
  | { readonly kind: 'reset'; readonly at: number }
  /** Nothing moves any more, in any direction; the server need not learn that the client gives up. */
  | { readonly kind: 'stall'; readonly at: number };

/** What is changed on the way; the request is served all the same. */
export type Change =
  /** One bit of the body that is sent up is turned over; negative places count from its end. */
  | { readonly kind: 'flip'; readonly atByte: number }
  /** The body that is sent up passes at this rate. */
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** The request arrives this much later. */
  | { readonly kind: 'delay'; readonly delayMs: number }
  /** The request arrives when something else has happened. */
  | { readonly kind: 'hold'; readonly until: Promise<unknown> }
  /** The text of the answer is another one. */
  | { readonly kind: 'edit'; edit(text: string): string }
  /** The server's clock, as its `Date` shows it, is ahead by this much. */
  | { readonly kind: 'clock'; readonly aheadMs: number };

/** A planned fault: which requests it hits, and what it does. */
export interface Fault {
  /** `*` for any. */
  readonly method: string;
  /** Of the path with its query. */
  readonly path: RegExp;
  /** How many of these requests pass first; none unless given. */
  readonly skip?: number;
  /** How many are hit; all unless given. */
  readonly times?: number;
  readonly effect: Effect;
}

export interface FaultPlan {
  set(faults: readonly Fault[]): void;
  /** Counts a request; what is done to it: at most one ending, and any changes. */
  take(method: string, path: string): Effects;
}

export interface Effects {
  readonly ending: Ending | null;
  readonly changes: readonly Change[];
}

/** Keeps count of which requests are still to be hit; every fault counts every request that it is about. */
export function createFaultPlan(): FaultPlan {
  let entries: { readonly fault: Fault; seen: number }[] = [];
  return {
    set(faults) {
      entries = faults.map((fault) => ({ fault, seen: 0 }));
    },
    take(method, path) {
      const hits = entries.filter((entry) => {
        const { fault } = entry;
        if (fault.method !== '*' && fault.method !== method) return false;
        if (!fault.path.test(path)) return false;
        const turn = entry.seen - (fault.skip ?? 0);
        entry.seen += 1;
        return turn >= 0 && turn < (fault.times ?? Number.POSITIVE_INFINITY);
      });
      const effects = hits.map(({ fault }) => fault.effect);
      return { ending: effects.find(isEnding) ?? null, changes: effects.filter(isChange) };
    },
  };
}

const isEnding = (effect: Effect): effect is Ending =>
  ['answer', 'reset', 'stall'].includes(effect.kind);
const isChange = (effect: Effect): effect is Change => !isEnding(effect);
