import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createGitRepositories } from '../../src/adapters/git-repository.ts';
import { planMatrix } from '../../src/commands/plan.ts';
import { readPlanRequest } from '../../src/core/inputs/plan-request.ts';
import { renderReason } from '../../src/core/matrix/jobs.ts';
import { openCatalogue } from '../../src/entry-inputs.ts';
import { inputTable } from '../../src/model/input-table.ts';
import type { MatrixPlan } from '../../src/model/matrix.ts';
import type { Log } from '../../src/ports/log.ts';
import { locateInstallation, wire } from '../../src/wiring.ts';
import { projectDirectory } from '../support/checkout.ts';
import { readHost } from '../support/planning.ts';
import { makeRepository, script, type TestRepository } from '../support/repository.ts';

const catalogue = `version: 1
defaults: { guest-release: bookworm, elements-path: elements }
images:
  web: { elements: [site-web] }
  plain: {}
`;
let repository: TestRepository;

beforeEach(() => {
  repository = makeRepository({
    'trove-images.yml': catalogue,
    'elements/site-web/install.d/50-site-web': script('true'),
    'elements/site-web/element-deps': 'dpkg\nsite-base\n',
    'elements/site-base/install.d/40-site-base': script('true'),
    'elements/sysprep/install.d/45-own-sysprep': script('true'),
  });
});
afterEach(() => repository.remove());

/** On a machine that differs from this one in what is given. */
async function planOn(machine: object, { images = '', aborted = false } = {}): Promise<MatrixPlan> {
  const ignore = (): void => undefined;
  const log: Log = {
    ...{ chapter: ignore, close: ignore, info: ignore, detail: ignore },
    ...{ progress: ignore, warning: ignore, error: ignore },
  };
  const cwd = repository.path;
  const signal = aborted ? AbortSignal.abort() : new AbortController().signal;
  const host = { ...(await readHost()), ...machine };
  const ports = {
    ...wire(log, process.env, signal),
    repositories: createGitRepositories(process.env),
    machine: { read: async () => host },
  };
  return planMatrix(ports, {
    request: readPlanRequest({ base: 'HEAD', images }, cwd, inputTable),
    catalogue: openCatalogue('', cwd),
    cataloguePath: join(cwd, 'trove-images.yml'),
    own: locateInstallation(join(projectDirectory, 'dist'), process.env),
    caller: { cwd, temporaryDir: '/var/tmp', cacheDir: '/var/tmp' },
    cache: null,
    signal,
  });
}
const reasonsOf = ({ images }: MatrixPlan) =>
  Object.fromEntries(images.map(({ image, reasons }) => [image, reasons.map(renderReason)]));

describe('a machine without diskimage-builder', () => {
  const without = { diskimageBuilder: null };

  it('plans as well: its elements are known by name', async () => {
    repository.change({ 'elements/site-base/install.d/40-site-base': script('false') });
    expect(reasonsOf(await planOn(without))).toEqual({
      web: ['script site-base/install.d/40-site-base changed'],
    });
  });

  it('takes an element with the name of one of its own to be in every image', async () => {
    repository.change({ 'elements/sysprep/install.d/45-own-sysprep': script('false') });
    const changed = ['script sysprep/install.d/45-own-sysprep changed'];
    expect(reasonsOf(await planOn(without))).toEqual({ web: changed, plain: changed });
    // as it really is: vm depends on it
    expect(reasonsOf(await planOn({}))).toEqual({ web: changed, plain: changed });
  });

  it('still refuses a name that nobody knows', async () => {
    repository.change({ 'elements/site-web/element-deps': 'site-bass\n' });
    await expect(planOn(without)).rejects.toThrow('"site-bass", which element site-web names');
  });
});

describe('planning', () => {
  it('ends where it was cancelled', async () => {
    await expect(planOn({}, { aborted: true })).rejects.toMatchObject({ kind: 'cancelled' });
  });

  it('looks at the images that are asked for only', async () => {
    repository.change({ 'trove-images.yml': catalogue.replace('bookworm', 'trixie') });
    expect(Object.keys(reasonsOf(await planOn({}, { images: 'plain' })))).toEqual(['plain']);
  });
});
