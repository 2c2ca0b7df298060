import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { checkGuest, type Given } from '../../../src/core/verify/checks.ts';
import { type Conclusion, conclude } from '../../../src/core/verify/conclude.ts';
import { gather } from '../../../src/core/verify/evidence.ts';
import { renderInjection } from '../../../src/core/verify/injection.ts';
import { chooseLimits, guestCards } from '../../../src/core/verify/machine.ts';
import type { GuestEvidence, GuestMachine, ImageHints } from '../../../src/model/guest.ts';
import type { Check } from '../../../src/model/verify.ts';

export const machine: GuestMachine = {
  accelerator: 'tcg',
  processors: 2,
  memoryMib: 2048,
  overlayPath: '/srv/guest/system.qcow2',
  dataDiskPath: '/srv/guest/data.raw',
  dataDiskBytes: 2 * 1024 ** 3,
  configDrivePath: '/srv/guest/config-drive.iso',
  reportPath: '/srv/guest/report',
  brokerLogPath: '/srv/guest/broker.log',
  brokerAddress: '10.0.2.100:5672',
  brokerPort: null,
  databaseForward: null,
  cards: guestCards,
};

export const instance = {
  id: '6cbee2e8-6f0c-4a46-9c1d-2b7b0a4f8a11',
  tenantId: '0'.repeat(32),
  datastoreManager: 'mysql',
  datastoreVersion: '8.0',
  rpcKey: 'k'.repeat(32),
};

export const given: Given = {
  machine,
  injection: renderInjection(instance, '[DEFAULT]\n', 'debian:root'),
};

/** What a guest said, as QEMU handed it over: source, milliseconds after power-on, text. */
export type Recording = readonly (readonly [source: string, ms: number, text: string])[];

export function readRecording(name: string): Recording {
  const path = join(import.meta.dirname, 'recordings', `${name}.jsonl.gz`);
  const lines = gunzipSync(readFileSync(path)).toString('utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line));
}

/** Of an image that has all that it needs. */
export const goodHints: ImageHints = {
  hasBootCode: true,
  hasCloudInit: true,
  datasources: 'ConfigDrive',
};

export interface Replayed {
  conclusion: Conclusion;
  ms: number;
  evidence: GuestEvidence;
  checks: readonly Check[];
}

const lookMs = 500;

/** Lets a recorded guest be watched again, to the end of the recording and then in silence. */
export function replay(
  recording: Recording,
  hints = goodHints,
  seconds: number | null = null,
): Replayed {
  const how = { hints, limits: chooseLimits('tcg', seconds, false) };
  const gathering = gather(powerOn(recording));
  const wanted = { ...given, injection: injectionOf(recording) };
  const rest = recording.filter(([source]) => source !== 'injection');
  for (let ms = 0; ; ms += lookMs) {
    for (let next = rest[0]; next !== undefined && next[1] <= ms; next = rest[0]) {
      gathering.write(next[0], next[2], next[1]);
      rest.shift();
    }
    const evidence = gathering.read();
    const checks = checkGuest(wanted, evidence);
    const conclusion = conclude(evidence, checks, how, ms);
    if (conclusion.kind !== 'go on') return { conclusion, ms, evidence, checks };
  }
}

/** The wall clock at power-on: what a report says of its own time is taken for right. */
export function powerOn(recording: Recording): number {
  const first = recording.find(([source, , text]) => source === 'report' && text.includes('\n'));
  if (first === undefined) return 0;
  const { epochSeconds } = JSON.parse(first[2].split('\n')[0] ?? '') as { epochSeconds: number };
  return epochSeconds * 1000 - first[1];
}

/** What the recorded guest was given: the first line of the recording. */
export function injectionOf(recording: Recording): Given['injection'] {
  const files = recording.find(([source]) => source === 'injection')?.[2] ?? '{}';
  return { ...given.injection, files: JSON.parse(files) };
}

/** The manifest of a real build. */
export const readManifestText = (): string =>
  readFileSync(join(import.meta.dirname, '../../fixtures/manifest.json'), 'utf8');
