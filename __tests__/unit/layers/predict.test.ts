import { describe, expect, it } from '@jest/globals';
import { gatherLayerIngredients, planChroot } from '../../../src/core/layers/chroot.ts';
import { gatherIngredients } from '../../../src/core/layers/ingredients.ts';
import { digestExtraData, type Forecast, predictLayers } from '../../../src/core/layers/predict.ts';
import { listPhaseScripts } from '../../../src/core/layers/scripts.ts';
import type { HookFile, Trail } from '../../../src/model/layers.ts';

const dayMs = 86_400_000;
const hook = (path: string, text = path): HookFile => ({ path, mode: '0755', sha256: text, text });
const agentScript = 'cp /opt/agent/x /usr; python3';
const hooks = [
  hook('root.d/08-bootstrap'),
  hook('install.d/01-package-installs', 'install-packages $DIB_LEVEL'),
  hook('install.d/agent-source-install/60-agent', agentScript),
  { ...hook('source-repository-agent', 'agent git /opt/agent http://example.org/a'), mode: '0644' },
  hook('post-install.d/90-own', 'docker load'),
  { ...hook('package-installs.yaml', 'htop:'), mode: '0644' },
];
const environment = { DIB_LEVEL: '1' };
const state = {
  name: 'default',
  url: 'http://archive.example.org/debian',
  suite: 'bookworm',
  date: '',
};

const forecastOf = (more: Partial<Forecast> = {}): Forecast => ({
  architecture: 'amd64',
  archives: [{ ...state, inReleaseSha256: 'a1' }],
  tools: { debootstrap: '1' },
  hooks,
  environment,
  ownScripts: new Set(['post-install.d/90-own']),
  trail: null,
  present: null,
  nowMs: 10 * dayMs,
  maxAgeMs: 7 * dayMs,
  ...more,
});

/** The trail that a real build of the forecast leaves: its hooks as they run, and what only a run shows. */
function makeTrail(): Trail {
  const linked = hook('install.d/60-agent', agentScript);
  const common = { ...forecastOf(), hooks: [...hooks, linked], environment };
  const facts = {
    ...common,
    changes: [['usr/share/x', 't1']] as const,
    sources: { 'opt/agent': 's1' },
    packageInstalls: { 'install.d': { install: ['htop'] } },
    secretVariables: [],
  };
  const plan = planChroot(facts);
  const root = gatherIngredients({
    ...{ ...common, scripts: listPhaseScripts(common.hooks, ['root']), changes: [] },
    ...{ sources: {}, packageInstalls: null },
  });
  const all = [
    { position: 'root', ingredients: root },
    ...plan.checkpoints.map((checkpoint) => ({
      position: checkpoint.position,
      ingredients: gatherLayerIngredients(facts, plan, checkpoint),
    })),
  ];
  return {
    ...{ format: 1, savedAtMs: 9 * dayMs, extraData: digestExtraData(hooks, environment) },
    layers: all.map((layer, index) => ({
      ...{ ...layer, key: String(index).repeat(64), costMs: 1000, savedAtMs: 9 * dayMs },
    })),
  };
}

const trail = makeTrail();
const foretell = (more: Partial<Forecast> = {}) => predictLayers(forecastOf({ trail, ...more }));
const resultsOf = (more: Partial<Forecast> = {}): string =>
  foretell(more)
    .map(({ result }) => result)
    .join(' ');
const change = (path: string): readonly HookFile[] =>
  hooks.map((file) => (file.path === path ? { ...file, sha256: 'changed' } : file));
const allKeys = trail.layers.map(({ key }) => key);

describe('what a dry run foretells', () => {
  it('is a miss of every layer where no earlier build is known', () => {
    const predictions = foretell({ trail: null });
    expect(predictions.map(({ result }) => result)).not.toContain('hit');
    expect(new Set(predictions.map(({ reason }) => reason))).toEqual(
      new Set(['no earlier build is known']),
    );
  });

  it('is a hit of every layer where nothing has changed, with what each spares', () => {
    expect(foretell().map(({ position }) => position)).toEqual(
      trail.layers.map(({ position }) => position),
    );
    expect(resultsOf({ present: new Set(allKeys) })).toBe('hit hit hit hit');
    expect(foretell().map(({ costMs }) => costMs)).toEqual([1000, 1000, 1000, 1000]);
  });

  it.each<[string, Partial<Forecast>, string, RegExp]>([
    [
      'a root script',
      { hooks: change('root.d/08-bootstrap') },
      'miss miss miss miss',
      /^script root\.d\/08-bootstrap changed$/,
    ],
    [
      'a post-install script',
      { hooks: change('post-install.d/90-own') },
      'hit hit hit miss',
      /^script post-install\.d\/90-own changed$/,
    ],
    [
      'a script that is linked into its phase',
      { hooks: change('install.d/agent-source-install/60-agent') },
      'hit hit miss miss',
      /^script install\.d\/60-agent changed$/,
    ],
    [
      'a variable that a script names',
      { environment: { DIB_LEVEL: '2' } },
      'hit miss miss miss',
      /^variable DIB_LEVEL changed$/,
    ],
    [
      'an archive',
      { archives: [{ ...state, inReleaseSha256: 'a2' }] },
      'miss miss miss miss',
      /^archive .* bookworm changed$/,
    ],
    [
      'a program of the host',
      { tools: { debootstrap: '2' } },
      'miss miss miss miss',
      /^tool debootstrap changed$/,
    ],
    ['the age of the layers', { nowMs: 17 * dayMs }, 'miss miss miss miss', /^it is 8 days old$/],
    [
      'the cache: it has lost a layer',
      { present: new Set(allKeys.slice(0, 2)) },
      'hit hit miss miss',
      /^it is no longer in the cache$/,
    ],
    [
      'the list of packages: what that means only a run shows',
      { hooks: change('package-installs.yaml') },
      'hit unknown unknown unknown',
      /^an element says something else about packages/,
    ],
  ])('names %s', (_, more, results, reason) => {
    const predictions = foretell(more);
    const first = predictions.find(({ result }) => result !== 'hit');
    expect(first?.reason).toMatch(reason);
    const seen = predictions.map(({ result }) => result).join(' ');
    expect(seen).toBe(results);
  });
});

describe('the digest of what extra-data makes its results from', () => {
  it('holds its scripts, lists and variables, in any order, and nothing else', () => {
    const digest = digestExtraData(hooks, environment);
    expect(digestExtraData([...hooks].reverse(), environment)).toBe(digest);
    expect(digestExtraData([...hooks, hook('install.d/99-x')], environment)).toBe(digest);
    expect(digestExtraData([...hooks, hook('extra-data.d/10-x')], environment)).not.toBe(digest);
    expect(digestExtraData(hooks, { DIB_LEVEL: '2' })).not.toBe(digest);
    expect(digestExtraData(change('package-installs.yaml'), environment)).not.toBe(digest);
  });
});
