import { setTimeout as wait } from 'node:timers/promises';
import type { Pace } from '../ports/machine.ts';

/** Waiting, until the signal ends it. */
export function createPace(signal: AbortSignal): Pace {
  return {
    sleep: (ms) => wait(ms, undefined, { signal }),
    every(ms, body) {
      let running: Promise<void> | null = null;
      const timer = setInterval(() => {
        // one that takes long takes the place of the next: none is left to begin after the stop
        running ??= body()
          .catch(() => undefined)
          .finally(() => {
            running = null;
          });
      }, ms);
      return {
        async stop() {
          clearInterval(timer);
          await running;
        },
      };
    },
  };
}
