import { createHash } from 'node:crypto';
import type { GuestReport, GuestUnit } from '../../../src/model/guest-report.ts';
import { given, machine } from './support.ts';

const unit = (name: string, sinceSeconds: number, user = ''): GuestUnit => ({
  ...{ name, enabled: 'enabled', active: 'active', sub: 'running', result: 'success' },
  ...{ restarts: 0, exitStatus: 0, sinceSeconds, user },
});

/** The report of a guest that has all that Trove needs, 100 s after its kernel began; `changes` replace fields. */
export function makeReport(changes: Partial<GuestReport> = {}): GuestReport {
  return {
    format: 1,
    uptimeSeconds: 100,
    epochSeconds: 0,
    cloudInit: {
      datasource: 'DataSourceConfigDrive [net,ver=2][source=/dev/sr0]',
      finished: true,
      stages: ['init-local', 'init', 'modules-config', 'modules-final'].map((name) => ({
        ...{ name, started: true, finished: true, errors: [] },
      })),
    },
    system: { state: 'running', failed: [], jobs: [] },
    units: [unit('cloud-final.service', 80), unit('docker.service', 60)],
    agent: unit('trove-guestagent.service', 70, 'debian'),
    files: Object.entries(given.injection.files).map(([path, content]) => ({
      ...{ path, found: true, mode: '0644', owner: 'debian:root', refusal: '' },
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
    docker: { answers: true, version: '20.10.24', driver: 'overlay2', images: 0, refusal: '' },
    plugin: { installed: false, answers: false, refusal: '' },
    disks: [
      { name: 'vda', bytes: 5_368_709_120, readOnly: false, mounts: ['/'] },
      { name: 'vdb', bytes: machine.dataDiskBytes, readOnly: false, mounts: [] },
    ],
    network: machine.cards.map(({ mac }, index) => ({
      ...{ name: `enp0s${index + 2}`, mac, state: 'up', addresses: [`10.0.${3 - index}.15/24`] },
    })),
    space: [
      {
        ...{ path: '/', bytes: 5e9, freeBytes: 3e9, inodes: 1_310_720, freeInodes: 1_263_986 },
      },
    ],
    rng: 'virtio_rng.0',
    logs: { 'trove-guestagent.service': ['Started trove-guestagent.service.'] },
    ...changes,
  };
}
