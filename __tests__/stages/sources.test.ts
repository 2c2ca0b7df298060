import { describe, expect, it } from '@jest/globals';
import { pinnedKeyrings } from '../../src/model/keyrings.ts';
import type { Web, WebAnswer } from '../../src/ports/files.ts';
import { fetchKeyring, readArchives } from '../../src/stages/sources.ts';
import { planOf } from '../unit/support/plan.ts';
import { fakeCommands, fakeFiles, fakeLog } from './fakes.ts';

const workspace = { name: 'trove-image-AAAAAA', path: '/ws' };
const archives = ['bookworm', 'bookworm-updates'].map((suite) => ({
  ...{ name: suite, suite, url: 'http://archive.example.org/debian' },
}));
const page = (text: string): WebAnswer => ({ ok: true, body: Buffer.from(text) });

function start(answer: (url: string) => WebAnswer) {
  const asked: string[] = [];
  const web: Web = {
    async get(url) {
      asked.push(url);
      return answer(url);
    },
  };
  const ports = { commands: fakeCommands(), files: fakeFiles(), log: fakeLog(), web };
  return { ports, asked };
}

describe('asking the archives', () => {
  it('gives digest and date of every index, in the order of the suites', async () => {
    const { ports } = start(() => page('Origin: x\nDate: Sat, 10 Oct 2026\n'));
    const states = await readArchives(ports, archives);
    expect(states.map(({ suite, date }) => [suite, date])).toEqual([
      ['bookworm', 'Sat, 10 Oct 2026'],
      ['bookworm-updates', 'Sat, 10 Oct 2026'],
    ]);
    expect(states[0]?.inReleaseSha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('tells every archive in trouble, not only the first', async () => {
    const { ports } = start((url) => ({
      ...{ ok: false, reason: 'it broke' },
      status: url.includes('updates') ? 404 : null,
    }));
    await expect(readArchives(ports, archives)).rejects.toMatchObject({
      kind: 'host',
      problems: [{ code: 'mirror-unreachable' }, { code: 'release-not-in-mirror' }],
    });
  });
});

describe('fetching a keyring', () => {
  const plan = planOf({}, { keyrings: [] });

  it('does nothing where the machine has it', async () => {
    const { ports, asked } = start(() => page(''));
    expect(await fetchKeyring(ports, planOf(), workspace)).toBeNull();
    expect(asked).toEqual([]);
  });

  it('refuses a package that is not the pinned one, unpacks nothing, and asks for every known one', async () => {
    const { ports, asked } = start(() => page('forged'));
    const known = pinnedKeyrings.filter(({ distribution }) => distribution === 'debian');
    await expect(fetchKeyring(ports, plan, workspace)).rejects.toMatchObject({
      kind: 'host',
      problems: [
        {
          code: 'no-keyring',
          message: expect.stringContaining('its digest differs from the pinned one'),
          hint: expect.stringContaining('debian-archive-keyring'),
        },
      ],
    });
    expect(asked).toEqual(known.map(({ path }) => `${plan.sources.mirror}/${path}`));
    expect(ports.commands.started).toEqual([]);
    expect(ports.files.done).toEqual([]);
  });

  it('says of each that could not be had why not', async () => {
    const { ports } = start(() => ({ ok: false, status: 404, reason: 'HTTP status 404' }));
    await expect(fetchKeyring(ports, plan, workspace)).rejects.toThrow(
      /debian-archive-keyring_\S+: HTTP status 404; /,
    );
  });
});
