import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Verdict } from '../../../src/model/verify.ts';
import { makeCheckout } from '../../support/checkout.ts';
import { explainMissingDatabaseImage, makeDatabaseImage } from '../../support/database-image.ts';
import { type Registry, startRegistry } from '../../support/registry.ts';
import { readResidue } from '../../support/residue.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/agent-test-');
const checkout = join(directory, 'checkout');
const work = join(directory, 'work');
const output = join(directory, 'images');
const imagePath = join(output, 'guest.qcow2');
let registry: Registry | undefined;

interface Run {
  readonly status: number | null;
  readonly stdout: string;
  readonly log: string;
}

async function run(words: readonly string[], timeLimitMs: number): Promise<Run> {
  const child = spawn(process.execPath, [join(checkout, 'bin', 'trove-image'), ...words], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeLimitMs,
    cwd: directory,
  });
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, stdout, log };
}

afterAll(async () => {
  await registry?.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('a real guest with a database from distribution packages', () => {
  let verified: Run;
  let verdict: Verdict;

  beforeAll(async () => {
    const missing = explainMissingDatabaseImage();
    if (missing !== null) throw new Error(missing);
    makeCheckout(checkout);
    mkdirSync(work);
    const database = makeDatabaseImage('mariadb');
    registry = await startRegistry();
    await registry.push('db/mariadb', database.version, database);
    const built = await run(
      [
        ...['build', '--guest-os', 'debian', '--guest-release', 'bookworm'],
        ...['--image-name', 'guest', '--output-dir', output, '--work-dir', work, '--cache', 'off'],
        ...['--datastores', `mariadb:${database.version}`],
        '--container-images',
        `${registry.address}/db/mariadb:${database.version}=mariadb:${database.version}`,
        ...['--insecure-registries', registry.address],
      ],
      15 * MINUTE_MS,
    );
    expect({ status: built.status, log: built.log.slice(-2000) }).toMatchObject({ status: 0 });
    const words = ['verify', '--image', imagePath, '--level', 'agent', '--work-dir', work];
    verified = await run([...words, '--json'], 25 * MINUTE_MS);
    verdict = JSON.parse(verified.stdout);
  }, 42 * MINUTE_MS);

  const find = (id: string) => verdict.checks.find((check) => check.id === id);

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
    expect({ status: verified.status, log: verified.log.slice(-3000) }).toMatchObject({
      status: 0,
    });
    expect(verdict).toMatchObject({ passed: true, level: 'agent', causes: [] });
    expect(JSON.parse(readFileSync(join(output, 'verify.json'), 'utf8'))).toEqual(verdict);
    for (const { id, ms } of verdict.checks.filter(({ ms }) => ms > 0))
      process.stderr.write(`${String(Math.round(ms / 1000)).padStart(6)} s  ${id}\n`);
  });

  it('leaves no process, mount, file or port on the machine', () => {
    expect(readdirSync(work)).toEqual([]);
    const { files: _own, ...rest } = readResidue(basename(directory));
    expect(rest).toEqual({ mounts: [], loops: [], processes: [], deviceMapper: [] });
  });
});
