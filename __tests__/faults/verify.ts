import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Verdict } from '../../src/model/verify.ts';
import { breakImage, type Fault, faults } from '../support/broken-images.ts';
import { projectDirectory } from '../support/checkout.ts';
import { readResidue } from '../support/residue.ts';

const MINUTE_MS = 60_000;
const directory = mkdtempSync('/var/tmp/verify-faults-');
const work = join(directory, 'work');
const raw = join(directory, 'good', 'image.raw');
const program = join(projectDirectory, 'bin', 'trove-image');
/** Of a guest, in seconds; a busy machine gets more. */
const timeout = process.env.VERIFY_FAULTS_TIMEOUT ?? '1200';
const limitMs = (Number(timeout) + 300) * 1000;

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function run(words: readonly string[]) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [stdout, log] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    log += text;
  });
  const [status] = (await once(child, 'close')) as [number | null];
  return { status, log: log.slice(-3000), last: stdout.trim().split('\n').at(-1) ?? '' };
}

async function digest(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

async function verify(path: string) {
  const before = await digest(path);
  const { status, log, last } = await run([
    ...['verify', '--image', path, '--level', 'boot', '--json'],
    ...['--timeout', timeout, '--work-dir', work],
  ]);
  expect({ status, log }).toMatchObject({ status: expect.any(Number) });
  expect(await digest(path)).toBe(before);
  expect(readResidue(basename(directory), { fileRoots: [work] })).toMatchObject({
    ...{ mounts: [], loops: [], processes: [], deviceMapper: [], files: [] },
  });
  const verdict = JSON.parse(last) as Verdict;
  expect(verdict).toMatchObject({ imageSha256: before });
  expect(JSON.parse(readFileSync(join(dirname(path), 'verify.json'), 'utf8'))).toEqual(verdict);
  return { status, verdict };
}

/** One bookworm image: built here, or the one that TROVE_IMAGE_TO_BREAK names. */
async function prepareImage(): Promise<void> {
  mkdirSync(work);
  mkdirSync(dirname(raw));
  const given = process.env.TROVE_IMAGE_TO_BREAK;
  if (given !== undefined) {
    execFileSync('qemu-img', ['convert', '-O', 'raw', given, raw]);
    return;
  }
  const { status, log } = await run([
    ...['build', '--guest-os', 'debian', '--guest-release', 'bookworm', '--cache', 'off'],
    ...['--output', raw, '--work-dir', work],
  ]);
  expect({ status, log }).toMatchObject({ status: 0 });
}

describe('a boot as Trove does it', () => {
  beforeAll(prepareImage, 20 * MINUTE_MS);

  it(
    'passes with the image as it was built',
    async () => {
      const { status, verdict } = await verify(raw);
      expect(verdict.checks.filter(({ ok }) => !ok)).toEqual([]);
      expect({ status, ...verdict }).toMatchObject({ status: 0, passed: true, causes: [] });
    },
    limitMs,
  );

  it.each(faults.map((fault) => [fault.what, fault] as const))(
    'tells what is wrong with an image that %s',
    async (_what: string, fault: Fault) => {
      const place = join(directory, fault.name);
      mkdirSync(place);
      try {
        const { status, verdict } = await verify(breakImage(raw, fault, place));
        const [cause] = verdict.causes;
        expect({ status, passed: verdict.passed, code: cause?.code }).toEqual({
          ...{ status: 5, passed: false, code: fault.code },
        });
        expect(cause?.lines.join('\n')).toMatch(fault.line);
      } finally {
        rmSync(place, { recursive: true });
      }
    },
    limitMs,
  );
});
