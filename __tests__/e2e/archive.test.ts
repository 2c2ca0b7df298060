import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createWorkbench, nothing, type Workbench } from '../support/stand-in/workbench.ts';

let bench: Workbench;

beforeAll(async () => {
  bench = await createWorkbench();
}, 30_000);
afterAll(() => bench.close());

describe('the package archive', () => {
  it.each([
    ['has no such release', { status: 404 }, /has no release bookworm \(404 for its InRelease\)/],
    ['refuses', { status: 403 }, /did not give the index of bookworm: HTTP status 403/],
  ] as const)(
    '%s: the build is refused before it starts, with exit code 3',
    async (_, fault, sentence) => {
      bench.archive.fail('/debian/dists/bookworm/InRelease', fault);
      const { status, stderr } = await bench.build('archive').ended;
      bench.archive.heal();
      expect({ status, stderr }).toEqual({ status: 3, stderr: expect.stringMatching(sentence) });
      expect(stderr).not.toContain('Build: root');
      expect(bench.residue('archive', stderr)).toEqual(nothing);
    },
  );

  it('is in trouble for a moment only: the index is asked for again and the build goes on', async () => {
    bench.archive.fail('/debian/dists/bookworm/InRelease', { status: 503 }, 1);
    bench.archive.fail('/debian/dists/bookworm-updates/InRelease', 'drop', 1);
    const asked = bench.archive.requests.length;
    const { status } = await bench.build('moment').ended;
    bench.archive.heal();
    expect(status).toBe(0);
    expect(bench.archive.requests.slice(asked)).toHaveLength(5);
  });

  it('cannot be reached: every suite is told, with what to check', async () => {
    const { status, stderr } = await bench.build('refused', {
      inputs: {
        mirror: 'http://127.0.0.1:1/debian',
        'mirror-security': 'http://127.0.0.1:1/debian',
      },
    }).ended;
    expect(status).toBe(3);
    for (const suite of ['bookworm', 'bookworm-updates', 'bookworm-security']) {
      expect(stderr).toContain(`did not give the index of ${suite}: `);
    }
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).toContain('Check the URL in mirror, the network and the proxy');
  });
});
