import type { GuestReport } from '../../model/guest-report.ts';

/** Reads a line of `host/guest-report`; null for what is none, as of a guest that poses as one. */
export function parseReport(line: string): GuestReport | null {
  try {
    const value = JSON.parse(line) as unknown;
    return hasShape(value, shape) ? (value as GuestReport) : null;
  } catch {
    return null;
  }
}

/** When the agent first spoke to the broker in its protocol, by a line that `host/guest-forward` wrote; else null. */
export function findGreeting(line: string): number | null {
  try {
    const { epochMs, greeting } = JSON.parse(line) as { epochMs?: unknown; greeting?: unknown };
    return greeting === amqp && typeof epochMs === 'number' ? epochMs : null;
  } catch {
    return null;
  }
}

/** `AMQP`, 0, 0, 9, 1. */
const amqp = Buffer.from('AMQP\0\0\x09\x01', 'latin1').toString('hex');

type Shape = 'text' | 'number' | 'truth' | 'texts' | Fields | readonly [Fields];
interface Fields {
  readonly [name: string]: Shape;
}

const unit: Fields = {
  ...{ name: 'text', enabled: 'text', active: 'text', sub: 'text', result: 'text', user: 'text' },
  ...{ restarts: 'number', exitStatus: 'number', sinceSeconds: 'number' },
};
const shape: Fields = {
  ...{ format: 'number', uptimeSeconds: 'number', epochSeconds: 'number', rng: 'text' },
  cloudInit: {
    ...{ datasource: 'text', finished: 'truth' },
    stages: [{ name: 'text', started: 'truth', finished: 'truth', errors: 'texts' }],
  },
  system: { state: 'text', failed: 'texts', jobs: 'texts' },
  units: [unit],
  files: [
    {
      ...{ path: 'text', found: 'truth', sha256: 'text' },
      ...{ mode: 'text', owner: 'text', refusal: 'text' },
    },
  ],
  docker: {
    answers: 'truth',
    version: 'text',
    driver: 'text',
    images: 'number',
    refusal: 'text',
  },
  plugin: { installed: 'truth', answers: 'truth', refusal: 'text' },
  disks: [{ name: 'text', bytes: 'number', readOnly: 'truth', mounts: 'texts' }],
  network: [{ name: 'text', mac: 'text', state: 'text', addresses: 'texts' }],
  space: [
    {
      ...{ path: 'text', bytes: 'number', freeBytes: 'number' },
      ...{ inodes: 'number', freeInodes: 'number' },
    },
  ],
  logs: {},
};

function hasShape(value: unknown, expected: Shape): boolean {
  switch (expected) {
    case 'text':
      return typeof value === 'string';
    case 'number':
      return typeof value === 'number';
    case 'truth':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((each) => typeof each === 'string');
  }
  if (Array.isArray(expected))
    return Array.isArray(value) && value.every((each) => hasShape(each, expected[0] as Fields));
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(expected as Fields).every(([name, each]) =>
    hasShape((value as Record<string, unknown>)[name], each),
  );
}
