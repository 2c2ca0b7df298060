import { setTimeout as wait } from 'node:timers/promises';
import type { Pace } from '../ports/machine.ts';

/** Waiting, until the signal ends it. */
export function createPace(signal: AbortSignal): Pace {
  return {
    sleep: (ms) => wait(ms, undefined, { signal }),
    every(ms, body) {
      let running: Promise<void> = Promise.resolve();
      const timer = setInterval(() => {
        running = running.then(body).catch(() => undefined);
      }, ms);
      return {
        stop() {
          clearInterval(timer);
          return running;
        },
      };
    },
  };
}
