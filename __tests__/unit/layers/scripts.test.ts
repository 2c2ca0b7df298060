import { describe, expect, it } from '@jest/globals';
import {
  chrootPhases,
  listPhaseFiles,
  listPhaseScripts,
  listSharedFiles,
} from '../../../src/core/layers/scripts.ts';
import { hookFile, sampleHooks } from '../support/layer-hooks.ts';

const at = (path: string, mode = '0755') => hookFile(path, 'x', mode);
const pathsOf = (files: readonly { readonly path: string }[]) => files.map(({ path }) => path);

describe('the scripts of a phase', () => {
  it('come in the order in which dib-run-parts runs them, phase by phase as asked', () => {
    const files = [
      'install.d/100-a',
      'install.d/20-b',
      'install.d/20-a',
      'root.d/50-x',
      'install.d/9-c',
    ];
    const ids = listPhaseScripts(
      files.map((path) => at(path)),
      ['install', 'root'],
    );
    expect(ids.map(({ id }) => id)).toEqual([
      ...['install.d/9-c', 'install.d/20-a', 'install.d/20-b', 'install.d/100-a', 'root.d/50-x'],
    ]);
    expect(chrootPhases).toEqual(['pre-install', 'install', 'post-install']);
  });

  it('have an id, a phase and a name', () => {
    const file = hookFile('install.d/10-x', 'text', '0700');
    expect(listPhaseScripts([file], ['install'])).toEqual([
      {
        ...{ id: 'install.d/10-x', phase: 'install', name: '10-x', mode: '0700', text: 'text' },
        sha256: file.sha256,
      },
    ]);
  });

  it.each([
    ['is not executable', at('install.d/10-x', '0644')],
    ['has a name that is passed over', at('install.d/10-x~')],
    ['has a space in its name', at('install.d/10 x')],
    ['lies in a directory of the phase', at('install.d/sub/10-x')],
    ['is of another phase', at('post-install.d/10-x')],
    ['is in a directory of a like name', at('install.data/10-x')],
    ['is the directory itself', at('install.d')],
    ['is a stop of ours', at('install.d/10-x--trove-image-layer-a')],
    ['is a stop of ours before all', at('install.d/-1-trove-image-layer-b0')],
  ])('are none where a file %s', (_what, file) => {
    expect(listPhaseScripts([file], ['install'])).toEqual([]);
  });

  it.each(['0755', '0700', '0555', '0745', '0001'])('may have the mode %s', (mode) => {
    expect(listPhaseScripts([at('install.d/10-x', mode)], ['install'])).toHaveLength(1);
  });
});

describe('the files that any script may read', () => {
  it('of a build are programs, static files and how variables are set', () => {
    expect(pathsOf(listSharedFiles(sampleHooks))).toEqual([
      ...['bin/install-packages', 'bin/package-installs-v2', 'bin/own-tool'],
      ...['trove-guest-fast-build/make', 'static/etc/motd', 'environment.d/10-defaults'],
    ]);
  });

  it.each([
    ...['README.rst', 'README', 'README.md', 'CHANGES.md', 'x.rst', 'LICENSE', 'element-deps'],
    ...['element-provides', 'package-installs.yaml', 'package-installs.json', 'pkg-map', 'svc-map'],
    ...['source-repository-x', 'block-device-efi.yaml', 'dib-run-parts', 'x.pyc'],
    ...['root.d/x', 'extra-data.d/x', 'pre-install.d/x/y', 'install.d/x', 'post-install.d/x'],
    ...['post-root.d/x', 'block-device.d/x', 'pre-finalise.d/x', 'finalise.d/x', 'cleanup.d/x'],
    ...['test-elements/x/y', 'trove-image-layers/save-0'],
  ])('are not %s', (path) => {
    expect(listSharedFiles([at(path)])).toEqual([]);
  });

  it.each([
    ...['bin/x', 'static/README.rst', 'environment.d/10-x.bash', 'own/element-deps', 'x.yaml'],
    ...[
      'package-installs',
      'my-source-repository-x',
      'install/x',
      'root/etc/x',
      'install.de/x',
      'own.conf',
    ],
  ])('are %s too', (path) => {
    expect(pathsOf(listSharedFiles([at(path)]))).toEqual([path]);
  });
});

describe('the files beside the scripts of a phase', () => {
  it('are those in its directories, and those that are not run', () => {
    const files = [
      ...[at('install.d/10-x'), at('install.d/sub/10-y'), at('install.d/sub/deep/z', '0644')],
      ...[at('install.d/own.conf', '0644'), at('install.d/10-x~'), at('pre-install.d/sub/10-y')],
      ...[at('bin/x'), at('install.d/10-x--trove-image-layer-a'), at('install.data/x')],
    ];
    expect(pathsOf(listPhaseFiles(files, 'install'))).toEqual([
      ...['install.d/sub/10-y', 'install.d/sub/deep/z', 'install.d/own.conf', 'install.d/10-x~'],
    ]);
  });

  it('do not hold a script again that is linked from a directory of its own, until they differ', () => {
    const run = at('install.d/31-x');
    const same = { ...at('install.d/x-source-install/31-x'), sha256: run.sha256 };
    const other = { ...same, sha256: 'another' };
    const renamed = { ...same, path: 'install.d/x-source-install/32-x' };
    expect(pathsOf(listPhaseFiles([run, same], 'install'))).toEqual([]);
    expect(pathsOf(listPhaseFiles([run, other], 'install'))).toEqual([other.path]);
    expect(pathsOf(listPhaseFiles([run, renamed], 'install'))).toEqual([renamed.path]);
  });

  it('are no part of what any script may read', () => {
    const shared = new Set(pathsOf(listSharedFiles(sampleHooks)));
    for (const phase of ['root', ...chrootPhases]) {
      for (const { path } of listPhaseFiles(sampleHooks, phase))
        expect(shared.has(path)).toBe(false);
    }
    expect(pathsOf(listPhaseFiles(sampleHooks, 'install'))).toHaveLength(2);
  });
});
