import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import { elementsPath } from './scratch.ts';

const phases = [
  'root.d',
  'extra-data.d',
  'pre-install.d',
  'install.d',
  'post-install.d',
  'post-root.d',
  'block-device.d',
  'pre-finalise.d',
  'finalise.d',
  'cleanup.d',
];
// What our elements ask of diskimage-builder's own; all are there from 3.13 to 3.42.
const borrowed = ['cloud-init-datasources', 'package-installs', 'pkg-map'];

interface Hook {
  readonly element: string;
  readonly phase: string;
  readonly name: string;
  readonly path: string;
}

const elements = readdirSync(elementsPath).sort();

function listHooks(): Hook[] {
  return elements.flatMap((element) =>
    readdirSync(join(elementsPath, element))
      .filter((phase) => phase.endsWith('.d'))
      .flatMap((phase) =>
        readdirSync(join(elementsPath, element, phase)).map((name) => ({
          element,
          phase,
          name,
          path: join(elementsPath, element, phase, name),
        })),
      ),
  );
}

const hooks = listHooks();

/** Programs that several hooks of an element share, in a directory that has the element's name. */
const programs = elements.flatMap((element) => {
  const directory = join(elementsPath, element, element);
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.map((name) => ({ element, name, path: join(directory, name) }));
});

function readLines(...path: string[]): string[] {
  const file = join(elementsPath, ...path);
  return existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter(Boolean) : [];
}

describe('an element', () => {
  it.each(elements)('%s has a README.rst with its name as title', (element) => {
    expect(readLines(element, 'README.rst').slice(0, 3)).toEqual([
      '='.repeat(element.length),
      element,
      '='.repeat(element.length),
    ]);
  });

  it.each(elements)('%s depends only on elements that exist, in order', (element) => {
    const dependencies = readLines(element, 'element-deps');
    expect(dependencies).toEqual([...dependencies].sort());
    for (const dependency of dependencies) {
      expect([...elements, ...borrowed]).toContain(dependency);
    }
  });

  it.each(elements)('%s maps only names of packages that it installs', (element) => {
    const map = readLines(element, 'pkg-map').join('');
    if (map === '') return;
    const installed = Object.keys(parse(readLines(element, 'package-installs.yaml').join('\n')));
    const named = [...map.matchAll(/"([^"]+)"\s*:\s*"/g)].map(([, name]) => name);
    expect(named.length).toBeGreaterThan(0);
    expect(installed).toEqual(expect.arrayContaining(named));
    expect(() => JSON.parse(map)).not.toThrow();
    expect(readLines(element, 'element-deps')).toEqual(
      expect.arrayContaining(['package-installs', 'pkg-map']),
    );
  });

  it.each(elements)('%s documents every variable of its own', (element) => {
    const read = [...hooks, ...programs]
      .filter((file) => file.element === element)
      .flatMap((file) => readFileSync(file.path, 'utf8').match(/\b(GUEST|TROVE)_[A-Z_]+/g) ?? []);
    const readme = readLines(element, 'README.rst');
    for (const variable of new Set(read)) expect(readme).toContain(variable);
  });

  it('has no two hooks of one name in a phase, which diskimage-builder refuses', () => {
    const names = hooks.map(({ phase, name }) => `${phase}/${name}`);
    expect(names).toEqual([...new Set(names)]);
  });

  it('sets no variable that diskimage-builder would write into the image', () => {
    const set = hooks.filter(({ path }) => /\bDIB_\w+=/.test(readFileSync(path, 'utf8')));
    expect(set).toEqual([]);
  });
});

describe('a hook', () => {
  it.each(hooks)('$element/$phase/$name can be run by diskimage-builder', (hook) => {
    expect(phases).toContain(hook.phase);
    // the stops of the layer cache have to come before and after all others
    const stop = hook.element === 'trove-image-layers';
    expect(hook.name).toMatch(stop ? /^(-1|99999)-trove-image-layers$/ : /^[0-9]{2}-[a-z-]+$/);
    expect(statSync(hook.path).mode & 0o7777).toBe(0o755);
  });

  it.each(programs)('of $element may call $name, which can be run too', ({ path }) => {
    expect(statSync(path).mode & 0o7777).toBe(0o755);
    expect(
      hooks.some((hook) =>
        readFileSync(hook.path, 'utf8').includes(`/${path.split('/').slice(-2).join('/')}`),
      ),
    ).toBe(true);
  });

  it.each([...hooks, ...programs.map((file) => ({ ...file, phase: file.element }))])(
    '$element/$phase/$name says why and stops at the first error',
    ({ path }) => {
      const lines = readFileSync(path, 'utf8').split('\n');
      expect(lines[0]).toBe('#!/bin/bash');
      const start = lines.findIndex((line) => !line.startsWith('#'));
      expect(start).toBeGreaterThan(1);
      expect(lines.slice(start, start + 2)).toEqual(['set -eu', 'set -o pipefail']);
    },
  );

  it('passes shellcheck, as do the programs for the host and the scratch root', () => {
    const host = join(elementsPath, '..', 'host', 'no-device-mapper');
    const standIns = ['kpartx', 'dmsetup'].map((name) => join(host, name));
    const scratch = join(import.meta.dirname, 'scratch.sh');
    const own = [...hooks, ...programs].map(({ path }) => path);
    const paths = [...own, ...standIns, scratch];
    const run = spawnSync('shellcheck', paths, { encoding: 'utf8' });
    expect(run.error).toBeUndefined();
    expect(run.stdout).toBe('');
    expect(run.status).toBe(0);
  });
});
