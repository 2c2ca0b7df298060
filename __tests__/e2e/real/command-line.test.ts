import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { outputTable } from '../../../src/model/output-table.ts';
import type { Verdict } from '../../../src/model/verify.ts';
import { projectDirectory } from '../../support/checkout.ts';
import { explainMissingDatabaseImage, makeDatabaseImage } from '../../support/database-image.ts';
import {
  compareImages,
  createLayerBench,
  type LayerBench,
  type LayerBuild,
  type LayerBuildResult,
} from '../../support/layer-builds.ts';
import { type Registry, startRegistry } from '../../support/registry.ts';
import { readResidue } from '../../support/residue.ts';
import { type ProgramResult, startProgram } from '../../support/stand-in/program.ts';
import { createSudoUser, type SudoUser } from '../../support/sudo-user.ts';

const MINUTE_MS = 60_000;
let bench: LayerBench;
let user: SudoUser;
let cache: string;
let output: string;
let cold: LayerBuildResult;

beforeAll(async () => {
  bench = createLayerBench();
  user = createSudoUser();
  cache = join(bench.directory, 'cache');
  output = join(bench.directory, 'images', 'cold');
  cold = await bench.build('cold', { cache, mode: 'read-write' });
}, 16 * MINUTE_MS);

afterAll(() => {
  user.remove();
  bench.close();
});

const resultsOf = ({ layers }: LayerBuildResult): string =>
  layers.map(({ result }) => result).join(' ');

describe('the command line on a fresh clone, with a real build of a bookworm guest', () => {
  it('needs nothing installed in the clone and exits with 0', () => {
    expect({ status: cold.status, log: cold.log.slice(-2000) }).toMatchObject({ status: 0 });
    expect(cold.log).not.toMatch(/Warning/);
    expect(readdirSync(bench.checkout)).not.toContain('node_modules');
  });

  it('prints the outputs as one JSON object on the last line of standard output', () => {
    const lines = cold.stdout.trimEnd().split('\n');
    const outputs = JSON.parse(lines.at(-1) ?? '') as Record<string, string>;
    expect(Object.keys(outputs)).toEqual(outputTable.map(({ name }) => name));
    expect(outputs).toMatchObject({
      'image-path': join(output, 'trove-guest-debian-bookworm.qcow2'),
      size: String(statSync(cold.image).size),
      'verify-result': 'passed',
    });
    expect(lines).toHaveLength(1);
  });

  it('writes checksums that hold', () => {
    const listed = execFileSync('sha256sum', ['--check', 'SHA256SUMS'], {
      cwd: output,
      encoding: 'utf8',
    });
    expect(listed.split('\n').filter((line) => line.endsWith(': OK'))).toHaveLength(3);
  });

  it('writes a manifest that follows its schema and names the agent, the sources and every phase', () => {
    const manifest = JSON.parse(readFileSync(join(output, 'manifest.json'), 'utf8'));
    const schema = JSON.parse(
      readFileSync(join(projectDirectory, 'docs', 'manifest.schema.json'), 'utf8'),
    );
    const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(schema);
    validate(manifest);
    expect(validate.errors ?? []).toEqual([]);
    expect(manifest.guest.agentVersion).toMatch(/^1:18\./);
    expect(manifest.sources.map(({ suite }: { suite: string }) => suite)).toEqual([
      'bookworm',
      'bookworm-updates',
      'bookworm-security',
    ]);
    expect(manifest.phases.map(({ name }: { name: string }) => name)).toEqual(
      expect.arrayContaining([
        'root',
        'extra-data',
        'pre-install',
        'install',
        'post-install',
        'finalise',
      ]),
    );
    expect(JSON.stringify(manifest)).not.toContain(bench.directory);
  });

  it('saves every layer', () => {
    expect(cold.layers.map(({ result, saved }) => [result, saved])).toEqual(
      cold.layers.map(() => ['miss', true]),
    );
    expect(cold.layers.length).toBeGreaterThanOrEqual(5);
  });

  it('leaves no mount, loop device, process or file on the machine', () => {
    expect(readdirSync(join(bench.directory, 'work', 'cold'))).toEqual([]);
    const { files: _own, ...rest } = readResidue(basename(bench.directory));
    expect(rest).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [] });
  });
});

/** A raw image, with the elements in another order, whose cache holds so many layers of the cold one. */
function buildWarm(name: string, layers: number, how: Omit<LayerBuild, 'cache'> = {}) {
  const kept = cold.layers.slice(0, layers).map(({ position }) => position);
  const elements = ['own-two', 'own-one', 'own-agent'];
  const flags = ['--formats', 'raw'];
  return bench.build(name, { ...how, elements, flags, cache: bench.keepLayers(cache, kept) });
}

describe('the next build, from layers of that one, with the elements in another order', () => {
  it(
    'has the same tree on the disk, for an unprivileged user with sudo, from the first two layers',
    async () => {
      const warm = await buildWarm('two', 2, { onDisk: true, user });
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      expect(resultsOf(warm)).toMatch(/^hit hit( miss)+$/);
      expect(compareImages(cold.image, warm.image, bench.directory)).toMatchObject({ equal: true });
    },
    10 * MINUTE_MS,
  );

  it(
    'keeps the packages when the source that an element installs from has a new commit',
    async () => {
      bench.commit('second');
      const warm = await buildWarm('commit', cold.layers.length);
      expect({ status: warm.status, log: warm.log.slice(-2000) }).toMatchObject({ status: 0 });
      const missed = warm.layers.filter(({ result }) => result === 'miss');
      expect(missed[0]?.reason).toBe('source /opt/own-agent changed');
      expect(warm.layers.find(({ position }) => /fast-build/.test(position))?.result).toBe('hit');
      const { equal, differences } = compareImages(cold.image, warm.image, bench.directory);
      expect(equal).toBe(false);
      expect(differences).toContain('/usr/share/own-agent/agent.txt');
    },
    10 * MINUTE_MS,
  );
});

describe('a guest with a database from distribution packages, from all layers of the first one', () => {
  let registry: Registry | undefined;
  let built: LayerBuildResult;
  let verified: ProgramResult;
  let verdict: Verdict;

  beforeAll(async () => {
    const missing = explainMissingDatabaseImage();
    if (missing !== null) throw new Error(missing);
    const database = makeDatabaseImage('mariadb');
    registry = await startRegistry();
    await registry.push('db/mariadb', database.version, database);
    const name = `mariadb:${database.version}`;
    built = await bench.build('database', {
      ...{ cache, mode: 'read' },
      flags: [
        ...['--datastores', name],
        ...['--container-images', `${registry.address}/db/${name}=${name}`],
        ...['--insecure-registries', registry.address],
      ],
    });
    const work = join(bench.directory, 'work', 'database');
    const words = ['verify', '--image', built.image, '--level', 'agent', '--work-dir', work];
    verified = await startProgram(
      [join(bench.checkout, 'bin', 'trove-image'), ...words, '--json'],
      {
        ...{ cwd: bench.directory, environment: { PATH: process.env.PATH ?? '' } },
        timeLimitMs: 25 * MINUTE_MS,
      },
    ).ended;
    verdict = JSON.parse(verified.stdout);
  }, 42 * MINUTE_MS);

  afterAll(async () => registry?.stop());

  const find = (id: string) => verdict.checks.find((check) => check.id === id);

  it('is built on what was saved', () => {
    expect({ status: built.status, log: built.log.slice(-2000) }).toMatchObject({ status: 0 });
    expect(built.layers.find(({ position }) => /fast-build/.test(position))?.result).toBe('hit');
  });

  it('boots to its login prompt, with ssh keys of its own, and nothing that failed', () => {
    const console = readFileSync(join(dirname(built.image), 'verify-console.log'), 'utf8');
    expect(console).toMatch(/^ *[\d.]+ \S+ login:/m);
    expect(console).toMatch(/Started ssh\.service/);
    expect(console).toMatch(/BEGIN SSH HOST KEY FINGERPRINTS/);
    expect(console).not.toMatch(/\[FAILED\]/);
  });

  it('has an agent that answers Trove’s encrypted calls over a real message bus', () => {
    expect(find('agent-answers')).toMatchObject({ ok: true });
  });

  it('takes up the prepare that was cast before its power was on, and the conductor records it healthy', () => {
    expect(find('agent-prepare')).toMatchObject({ ok: true });
    expect(find('database-healthy')).toMatchObject({ ok: true });
  });

  it('has a database that gives back a row which its user has written through its port', () => {
    expect(find('database-query')).toMatchObject({ ok: true });
    expect(find('database-query')?.found).toMatch(/^kept, by 10\.\d+\.\d+-MariaDB/);
  });

  it('passes, and tells the times', () => {
    expect({ status: verified.status, log: verified.stderr.slice(-3000) }).toMatchObject({
      status: 0,
    });
    expect(verdict).toMatchObject({ passed: true, level: 'agent', causes: [] });
    const written = readFileSync(join(dirname(built.image), 'verify.json'), 'utf8');
    expect(JSON.parse(written)).toEqual(verdict);
    for (const { id, ms } of verdict.checks.filter(({ ms }) => ms > 0))
      process.stderr.write(`${String(Math.round(ms / 1000)).padStart(6)} s  ${id}\n`);
  });

  it('leaves no process, mount, file or port on the machine', () => {
    expect(readdirSync(join(bench.directory, 'work', 'database'))).toEqual([]);
    const { files: _own, ...rest } = readResidue(basename(bench.directory));
    expect(rest).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [] });
  });
});
