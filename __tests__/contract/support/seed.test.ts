import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createNoCloudSeed, createVfatDisk } from '../../support/seed.ts';

describe('a seed disk', () => {
  let directory: string;
  let path: string;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'seed-test-'));
    path = join(directory, 'seed.img');
  });

  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  const run = (command: string, ...commandArguments: string[]) =>
    execFileSync(command, commandArguments, { encoding: 'utf8', stdio: 'pipe' });
  const probe = (field: string) => run('blkid', '-p', '-s', field, '-o', 'value', path).trim();
  const read = (name: string) => run('mtype', '-i', path, `::${name}`);

  it('has the label and the files that cloud-init looks for, and leaves nothing beside it', () => {
    const userData = '#cloud-config\nhostname: gäst\n';
    createNoCloudSeed({ path, userData, metaData: 'instance-id: one\n' });

    expect([probe('TYPE'), probe('LABEL')]).toEqual(['vfat', 'cidata']);
    expect(read('user-data')).toBe(userData);
    expect(read('meta-data')).toBe('instance-id: one\n');
    expect(() => read('network-config')).toThrow();
    expect(readdirSync(directory)).toEqual(['seed.img']);
  });

  it('holds a network configuration when there is one', () => {
    createNoCloudSeed({ path, userData: '', metaData: '', networkConfig: 'version: 2\n' });

    expect(read('network-config')).toBe('version: 2\n');
  });

  it('can be any other drive, with folders', () => {
    const files = { 'openstack/latest/meta_data.json': '{}', 'openstack/content/0000': 'a' };
    createVfatDisk({ path, label: 'config-2', files, sizeMiB: 4 });

    expect(probe('LABEL')).toBe('config-2');
    expect(statSync(path).size).toBe(4 * 1024 * 1024);
    expect(read('openstack/latest/meta_data.json')).toBe('{}');
    expect(read('openstack/content/0000')).toBe('a');
  });

  it('is replaced when it is made again', () => {
    createVfatDisk({ path, label: 'one', files: { old: 'x' } });
    createVfatDisk({ path, label: 'two', files: { new: 'y' } });

    expect(probe('LABEL')).toBe('two');
    expect(() => read('old')).toThrow();
  });
});
