import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { createPace } from '../../src/adapters/pace.ts';

const makePace = () => {
  const controller = new AbortController();
  return { pace: createPace(controller.signal), controller };
};

/** Work that takes a while; how often it was begun, ended, and at most done at once. */
function makeWork(ms: number) {
  const counts = { begun: 0, ended: 0, atOnce: 0 };
  const body = async (): Promise<void> => {
    counts.begun += 1;
    counts.atOnce = Math.max(counts.atOnce, counts.begun - counts.ended);
    await sleep(ms);
    counts.ended += 1;
  };
  return { counts, body };
}

describe('a pause', () => {
  it('lasts as long as it is asked to', async () => {
    const startMs = performance.now();
    await makePace().pace.sleep(300);
    expect(performance.now() - startMs).toBeGreaterThan(290);
  });

  it('ends at once when the run is cancelled, and is an error then', async () => {
    const { pace, controller } = makePace();
    const startMs = performance.now();
    const pause = pace.sleep(20_000);
    controller.abort();
    await expect(pause).rejects.toMatchObject({ name: 'AbortError' });
    await expect(pace.sleep(20_000)).rejects.toMatchObject({ name: 'AbortError' });
    expect(performance.now() - startMs).toBeLessThan(2000);
  });
});

describe('what is done again and again', () => {
  it('begins after the first pause, and goes on until it is stopped', async () => {
    const { counts, body } = makeWork(0);
    const { stop } = makePace().pace.every(100, body);
    expect(counts.begun).toBe(0);
    while (counts.begun < 3) await sleep(20);
    await stop();
    const { begun } = counts;
    await sleep(350);
    expect(counts).toMatchObject({ begun, ended: begun });
  });

  it('is never done twice at once, and none is begun when it is told to stop', async () => {
    const { counts, body } = makeWork(500);
    const { stop } = makePace().pace.every(100, body);
    while (counts.begun === 0) await sleep(10);
    await sleep(300);
    await stop();
    expect(counts).toEqual({ begun: 1, ended: 1, atOnce: 1 });
    await sleep(300);
    expect(counts.begun).toBe(1);
  });

  it('may be stopped before it was ever done, and twice', async () => {
    const { counts, body } = makeWork(0);
    const { stop } = makePace().pace.every(50, body);
    await stop();
    await stop();
    await sleep(200);
    expect(counts.begun).toBe(0);
  });

  it('goes on after a failure, which nobody hears of', async () => {
    let begun = 0;
    const { stop } = makePace().pace.every(30, async () => {
      begun += 1;
      throw new Error('not this time');
    });
    while (begun < 3) await sleep(10);
    await stop();
    expect(begun).toBeGreaterThanOrEqual(3);
  });
});
