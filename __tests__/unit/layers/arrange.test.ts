import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { type Arranged, arrangeHooks } from '../../../src/core/layers/arrange.ts';
import { type ChrootPlan, planChroot } from '../../../src/core/layers/chroot.ts';
import { compareHooks } from '../../../src/model/elements.ts';
import { sampleBuild } from '../support/layer-build.ts';
import { hookFile } from '../support/layer-hooks.ts';

const stashDir = '/ws/stash';
const plan = planChroot({ ...sampleBuild, environment: {}, secretVariables: [] });
const arrange = (restored = 0, saves = true, of: ChrootPlan = plan): Arranged =>
  arrangeHooks(of, { restored, saves, stashDir });
const nameOf = (path: string): string => path.slice(path.indexOf('/') + 1);

/** Names as dib-run-parts has them in order. */
function sortForReal(names: readonly string[]): readonly string[] {
  const { stdout } = spawnSync('sort', ['-n'], {
    input: names.join('\n'),
    env: { LC_ALL: 'C', PATH: process.env.PATH },
    encoding: 'utf8',
  });
  return stdout.trim().split('\n');
}

/** What runs in the chroot after an arrangement, in the order of the real sort. */
function runOrder({ instructions }: Arranged, of: ChrootPlan = plan): readonly string[] {
  const left = of.scripts.map(({ id }) => id).filter((id) => !instructions.covered.includes(id));
  const all = [...left, ...instructions.stops.map(({ hook }) => hook)];
  return ['pre-install', 'install', 'post-install'].flatMap((phase) => {
    const names = all.filter((path) => path.startsWith(`${phase}.d/`)).map(nameOf);
    return names.length === 0 ? [] : sortForReal(names).map((name) => `${phase}.d/${name}`);
  });
}

/** A plan of these install scripts, with a checkpoint after one and a source that the next one uses. */
function planOf(names: readonly string[], count: number): ChrootPlan {
  const scripts = [...names].sort(compareHooks).map((name) => ({
    ...hookFile(`install.d/${name}`, 'x'),
    ...{ id: `install.d/${name}`, phase: 'install', name },
  }));
  const position = scripts[count - 1]?.id ?? '';
  return {
    scripts,
    deferred: count < scripts.length ? [{ path: 'opt/x', consumer: count }] : [],
    checkpoints: [{ position, from: 0, count, impureScripts: [] }],
    taintedFrom: null,
  };
}

describe('the arrangement of a build that finds nothing', () => {
  const { instructions, purposes } = arrange();

  it('takes no script away, and stops after each checkpoint and before the user of a source', () => {
    expect(instructions.covered).toEqual([]);
    expect(runOrder({ instructions, purposes })).toEqual([
      ...['pre-install.d/01-trove-guest-fast-build', 'pre-install.d/03-baseline-tools'],
      ...['pre-install.d/10-package-installs', 'install.d/00-up-to-date'],
      'install.d/01-package-installs',
      'install.d/01-package-installs--trove-image-layer-a',
      'install.d/02-trove-guest-packages',
      'install.d/03-trove-guest-fast-build',
      'install.d/03-trove-guest-fast-build--trove-image-layer-a',
      ...['install.d/10-cloud-init', 'install.d/12-debian-locale-gen'],
      'install.d/25-trove-guest-user',
      'install.d/25-trove-guest-user--trove-image-layer-a',
      'install.d/25-trove-guest-user--trove-image-layer-b0',
      ...['install.d/31-guest-agent-install', 'install.d/40-own-plugin'],
      'install.d/99-package-uninstalls',
      'install.d/99-package-uninstalls--trove-image-layer-a',
      ...['post-install.d/00-package-installs', 'post-install.d/96-trove-guest-fast-build'],
      'post-install.d/96-trove-guest-fast-build--trove-image-layer-a',
    ]);
  });

  it('knows of every stop what it is for', () => {
    expect(purposes).toEqual({
      ...Object.fromEntries(
        plan.checkpoints.map((_, index) => [`save-${index}`, { kind: 'save', checkpoint: index }]),
      ),
      'put-back-0': { kind: 'put-back', path: 'opt/guest-agent', stash: '/ws/stash/0' },
    });
    expect(instructions.stops.map(({ name }) => name).sort()).toEqual(Object.keys(purposes).sort());
  });

  it('moves aside the source that comes late, and no other', () => {
    expect(instructions.deferred).toEqual([{ path: 'opt/guest-agent', stash: '/ws/stash/0' }]);
  });

  it('is plain data', () => {
    expect(JSON.parse(JSON.stringify(instructions))).toEqual(instructions);
  });
});

describe('the arrangement of a build that restores layers', () => {
  it.each([0, 1, 2, 3, 4, 5])('with %d takes away exactly what they cover', (restored) => {
    const { instructions, purposes } = arrange(restored);
    const count = plan.checkpoints[restored - 1]?.count ?? 0;
    expect(instructions.covered).toEqual(plan.scripts.slice(0, count).map(({ id }) => id));
    const saves = Object.values(purposes).filter(({ kind }) => kind === 'save');
    expect(saves).toHaveLength(plan.checkpoints.length - restored);
    // the source is moved aside in any case; it comes back only where its user still runs
    expect(instructions.deferred).toHaveLength(1);
    expect('put-back-0' in purposes).toBe(restored < 4);
  });

  it('stops nowhere when everything is there', () => {
    expect(arrange(plan.checkpoints.length).instructions.stops).toEqual([]);
  });
});

describe('the arrangement of a build that saves nothing', () => {
  it('still brings sources back', () => {
    expect(arrange(0, false).instructions.stops).toEqual([
      { name: 'put-back-0', hook: 'install.d/25-trove-guest-user--trove-image-layer-b0' },
    ]);
  });

  it('has no stop left when their users are covered', () => {
    expect(arrange(4, false).instructions.stops).toEqual([]);
  });
});

describe('a stop', () => {
  const rows = [
    ['10-a', '20-b'],
    ['10-a', '10-b'],
    ['10-a', '10-a-b'],
    ['10-a', '10-a--b'],
    ['10-a', '10-a--a', '10-a---z'],
    ['10-a', '10-a.b'],
    ['10-a', '10-a_b'],
    ['10-a', '10-a0'],
    ['10', '10-a'],
    ['010-a', '10-a'],
    ['10-a', '10.5-a'],
    ['a', 'b'],
    ['-5-a', '0-a'],
    ['99-z'],
    ['99999-z'],
  ] as const;

  it.each(rows.map((names) => [names.join(' and '), names] as const))(
    'after the first of %s, and before the next, sorts strictly between them',
    (_title, names) => {
      for (let count = 1; count <= names.length; count += 1) {
        const of = planOf(names, count);
        const order = runOrder(arrange(0, true, of), of);
        const scripts = of.scripts.map(({ id }) => id);
        const [save, putBack] = order.filter((id) => id.includes('trove-image-layer'));
        expect(save).toMatch(/-trove-image-layer-a$/);
        const stops = [save, ...(putBack === undefined ? [] : [putBack])];
        expect(order).toEqual([...scripts.slice(0, count), ...stops, ...scripts.slice(count)]);
      }
    },
  );

  it('before the first script of a phase comes before all of them', () => {
    const of: ChrootPlan = { ...planOf(['00-a', '0-b', 'c'], 0), checkpoints: [] };
    const order = runOrder(arrange(0, true, of), of);
    expect(order[0]).toBe('install.d/-1-trove-image-layer-b0');
    expect(order).toHaveLength(4);
  });

  it('that no name can be made for is an error that says so', () => {
    expect(() => arrange(0, true, planOf(['10-a', '10-a-'], 1))).toThrow(
      'no name sorts between 10-a and 10-a-',
    );
  });

  it('has a name that dib-run-parts runs', () => {
    const stops = [0, 1, 2, 3, 4].flatMap((restored) => arrange(restored).instructions.stops);
    for (const { hook } of stops) expect(nameOf(hook)).toMatch(/^[0-9A-Za-z_.-]+$/);
    expect(stops.length).toBeGreaterThan(10);
  });
});

describe('our order of hooks', () => {
  it('is that of the real sort, for names of all kinds', () => {
    const numbers = ['', '0', '00', '1', '9', '09', '10', '010', '99', '100', '99999', '-1', '-10'];
    const odd = ['1.5', '1.05', '10.', '.5', '1e3', '-', '--1', '-.5', '0x10', '1_0'];
    const ends = ['', '-a', '-b', '-B', '_a', '.a', 'a', '-a-b', '-a--b', '-a.b', '-'];
    const names = [...numbers, ...odd]
      .flatMap((number) => ends.map((end) => `${number}${end}`))
      .filter((name) => name !== '');
    const unique = [...new Set(names)];
    expect([...unique].sort(compareHooks)).toEqual(sortForReal(unique));
    expect(unique.length).toBeGreaterThan(200);
  });
});
