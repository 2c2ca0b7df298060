import { Transform } from 'node:stream';

/** What a fault does to the request that it hits. */
export type FaultEffect =
  /** Answers with this status and does nothing else. */
  | { kind: 'status'; status: number; message?: string }
  /** Closes the connection without doing or answering anything. */
  | { kind: 'drop' }
  /** Does the work, then closes the connection instead of answering. */
  | { kind: 'lose-answer' }
  /** Never answers; the connection stays open until the client gives up. */
  | { kind: 'hang' }
  /** Waits, then serves the request as usual. */
  | { kind: 'delay'; delayMs: number }
  /** Lets the body (sent up, or else sent down) through at this rate. */
  | { kind: 'slow'; bytesPerSecond: number }
  /** Closes the connection after this many bytes of the body (sent up, or else sent down). */
  | { kind: 'abort'; afterBytes: number }
  /** Flips every bit of one byte of the body (sent up, or else sent down). */
  | { kind: 'corrupt'; atByte: number };

/** One planned trouble: `operation` is a name from `requests[].operation`, or `*` for all. */
export interface Fault {
  operation: string;
  effect: FaultEffect;
  /** How many matching requests are hit; all of them when left out. */
  times?: number;
  /** How many matching requests pass untouched first. */
  skip?: number;
}

export interface FaultPlan {
  set(faults: readonly Fault[]): void;
  take(operation: string): FaultEffect | undefined;
}

/** Keeps count of which requests are still to be hit; every matching fault counts every request. */
export function createFaultPlan(): FaultPlan {
  let entries: { fault: Fault; seen: number }[] = [];
  return {
    set(faults) {
      entries = faults.map((fault) => ({ fault, seen: 0 }));
    },
    take(operation) {
      let taken: FaultEffect | undefined;
      for (const entry of entries) {
        const { fault } = entry;
        if (fault.operation !== '*' && fault.operation !== operation) continue;
        const turn = entry.seen - (fault.skip ?? 0);
        entry.seen += 1;
        if (turn >= 0 && turn < (fault.times ?? Number.POSITIVE_INFINITY)) taken ??= fault.effect;
      }
      return taken;
    },
  };
}

/** Thrown into a body's stream when an `abort` fault has let its bytes through. */
export class BodyAborted extends Error {}

/** A stream that lets a body through as an `abort`, `corrupt` or `slow` fault says. */
export function createDamage(effect: FaultEffect | undefined): Transform {
  let passedBytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      const start = passedBytes;
      passedBytes += chunk.length;
      if (effect?.kind === 'abort' && passedBytes > effect.afterBytes) {
        this.push(chunk.subarray(0, effect.afterBytes - start));
        // The bytes already pushed must reach the other side before the stream breaks.
        setImmediate(() => done(new BodyAborted('body cut by a planned fault')));
        return;
      }
      if (effect?.kind === 'slow') {
        setTimeout(() => done(null, chunk), (chunk.length / effect.bytesPerSecond) * 1000);
        return;
      }
      if (effect?.kind === 'corrupt' && effect.atByte >= start && effect.atByte < passedBytes) {
        done(null, flipByte(chunk, effect.atByte - start));
        return;
      }
      done(null, chunk);
    },
  });
}

function flipByte(chunk: Buffer, offset: number): Buffer {
  const copy = Buffer.from(chunk);
  copy[offset] = (copy[offset] ?? 0) ^ 0xff;
  return copy;
}
