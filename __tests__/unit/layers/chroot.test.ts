import { describe, expect, it } from '@jest/globals';
import { findImpure, planChroot } from '../../../src/core/layers/chroot.ts';
import { sampleBuild } from '../support/layer-build.ts';
import { hookFile } from '../support/layer-hooks.ts';

describe('a script that fetches what no key knows', () => {
  const impure = (text: string | null) => findImpure([{ id: 'install.d/10-x', text }]).length > 0;

  it.each([
    ...['curl -O x', 'wget x', 'x | curl x', 'git clone x', 'git -C /x clone y', 'git fetch'],
    ...['git pull', 'cd x && git submodule update', 'pip install x', 'pip3 install x'],
    ...['/opt/venv/bin/pip install x', 'python3 -m pip install x', 'pip3.11 --quiet install x'],
    ...['pip download x', 'pip3 wheel x', 'docker pull x', 'docker --config /x pull y'],
    ...['podman pull x', 'ctr image pull x', 'skopeo copy x', 'npm install', 'go get x'],
    ...['gem install x', 'cargo install x', 'apt-key adv --recv-keys x', 'gpg --recv-key x'],
  ])('is found by "%s"', (text) => {
    expect(impure(`#!/bin/bash\n  ${text}\n`)).toBe(true);
  });

  it.each([
    ...[
      '# curl x',
      'apt-get install x',
      'install-packages x',
      'git config x',
      'git log',
      'pip list',
    ],
    ...['docker load < x', 'echo curly', 'docker ps; x pull', 'digit clone', 'pipx', ''],
  ])('is not found by "%s"', (text) => {
    expect(impure(`#!/bin/bash\n  ${text}\n`)).toBe(false);
  });

  it('may be one whose text is not known', () => {
    expect(impure(null)).toBe(true);
  });

  it('counts for the layer that covers it, and for no other', () => {
    const { checkpoints } = planChroot({ ...sampleBuild, environment: {}, secretVariables: [] });
    expect(checkpoints.map(({ impureScripts }) => impureScripts)).toEqual([
      ...[[], [], [], ['install.d/31-guest-agent-install'], []],
    ]);
  });
});

describe('a secret', () => {
  const base = {
    'root.d/08-debootstrap': 'debootstrap "$DIB_RELEASE"',
    'extra-data.d/10-x': 'true',
    'install.d/10-a': 'true',
    'install.d/20-b': 'true',
    'post-install.d/10-c': 'true',
    'bin/tool': 'true',
    'environment.d/10-x': 'export DIB_PASSWORD',
    'README.rst': 'DIB_PASSWORD is read by nobody',
  };
  const taintOf = (hooks: Readonly<Record<string, string>>, ...secretVariables: string[]) =>
    planChroot({
      ...sampleBuild,
      ...{ environment: {}, sources: {}, secretVariables },
      hooks: Object.entries({ ...base, ...hooks }).map(([path, text]) => hookFile(path, text)),
    }).taintedFrom;
  const reads = 'echo "$DIB_PASSWORD"';

  it.each([
    ['nobody reads', {}, null],
    ['only finalise reads', { 'finalise.d/10-x': reads }, null],
    ['a root script reads', { 'root.d/08-debootstrap': reads }, 0],
    ['extra-data reads', { 'extra-data.d/10-x': reads }, 0],
    ['a shared program reads', { 'bin/tool': reads }, 0],
    ['the first script in the chroot reads', { 'install.d/10-a': reads }, 0],
    ['the second reads', { 'install.d/20-b': reads }, 1],
    ['post-install reads', { 'post-install.d/10-c': reads }, 2],
    ['the second and the third read', { 'install.d/20-b': reads, 'post-install.d/10-c': reads }, 1],
    ['a script hands on with all others', { 'install.d/20-b': 'env > /x' }, 1],
    ['a script reads by its beginning', { 'install.d/20-b': 'v=DIB_$x' }, 1],
  ])('that %s taints the tree from script %j', (_what, hooks, expected) => {
    expect(taintOf(hooks as Record<string, string>, 'DIB_PASSWORD')).toBe(expected);
  });

  it('that the files of the job bring taints from the hook that puts them into the tree', () => {
    const hooks = {
      'extra-data.d/15-trove-guest-secrets': 'cp "$TROVE_GUEST_SECRETS"/* "$TMP_HOOKS_PATH"',
      'install.d/20-b': 'ls "$TROVE_GUEST_SECRETS"',
    };
    expect(taintOf(hooks, 'TROVE_GUEST_SECRETS')).toBe(1);
  });

  it('that any program may read taints the tree from the start', () => {
    expect(taintOf({}, 'PIP_INDEX_URL')).toBe(0);
  });

  it('that there is none of taints nothing', () => {
    expect(taintOf({ 'install.d/10-a': reads })).toBeNull();
  });
});

describe('a plan', () => {
  it('covers every script with its checkpoints, without a gap', () => {
    const { checkpoints, scripts } = planChroot({
      ...sampleBuild,
      ...{ environment: {}, secretVariables: [] },
    });
    expect(checkpoints.map(({ from }) => from)).toEqual([
      ...[0, ...checkpoints.slice(0, -1).map(({ count }) => count)],
    ]);
    expect(checkpoints.at(-1)?.count).toBe(scripts.length);
    for (const { position, count } of checkpoints) expect(scripts[count - 1]?.id).toBe(position);
  });

  it('has no late source where extra-data put none into the tree', () => {
    const plan = planChroot({
      ...sampleBuild,
      ...{ sources: {}, environment: {}, secretVariables: [] },
    });
    expect(plan.deferred).toEqual([]);
  });

  it('of a build without scripts is empty', () => {
    expect(planChroot({ ...sampleBuild, hooks: [], environment: {}, secretVariables: [] })).toEqual(
      { scripts: [], deferred: [], checkpoints: [], taintedFrom: null },
    );
  });
});
