import { describe, expect, it } from '@jest/globals';
import { buildRecord, manifestOf, recordedLayers, recordedPhases } from '../support/record.ts';

describe('the manifest', () => {
  const manifest = manifestOf();

  it('holds no path of the machine that built', () => {
    const record = JSON.stringify(buildRecord());
    const text = JSON.stringify(manifest);
    for (const path of [
      '/mnt/private-work',
      '/home/builder',
      '/opt/trove-image',
      '/usr/share/keyrings',
      '/home/builder/private-cache',
    ]) {
      expect([path, record.includes(path)]).toEqual([path, true]);
      expect([path, text.includes(path)]).toEqual([path, false]);
    }
  });

  it('holds neither its user nor its proxies', () => {
    const host = { ...buildRecord().host, proxies: { http_proxy: 'http://127.0.0.1:3128' } };
    const text = JSON.stringify(manifestOf({}, { host }));
    expect(text).not.toMatch(/"builder"[^:]|3128|canBeRoot/);
  });

  it('says when, how long, by what and from what the image was built', () => {
    expect(manifest).toMatchObject({
      manifestVersion: 1,
      builtAt: '2026-11-22T22:11:17.384Z',
      durationSeconds: 178,
      builder: { name: 'trove-image', version: '0.1.0' },
      host: {
        os: 'Debian GNU/Linux 12 (bookworm)',
        kernel: '6.1.0-28-amd64',
        architecture: 'amd64',
      },
      guest: { os: 'debian', release: 'bookworm', agentVersion: '1:18.0.0-2', username: 'debian' },
      elements: [{ name: 'base', sha256: 'a'.repeat(64) }],
      command: [
        'disk-image-create',
        '-a',
        'amd64',
        '-t',
        'raw',
        '--no-tmpfs',
        '--image-size',
        '5',
        ...buildRecord().plan.elements,
      ],
      phases: recordedPhases,
      layers: recordedLayers,
    });
  });

  it('says what is in the image', () => {
    expect(manifest.image).toEqual({
      virtualSizeBytes: 5 * 1024 ** 3,
      fileSystem: 'ext4',
      usedBytes: 1605865472,
      fileCount: buildRecord().facts.files.length,
      partitions: [{ number: 1, sizeBytes: 5366611968, fsType: 'ext4' }],
    });
    expect(manifest.packages).toContainEqual({
      name: 'trove-guestagent',
      version: '1:18.0.0-2',
      architecture: 'all',
    });
    expect(manifest.checks).toHaveLength(18);
  });

  it('has one entry for every file, without its place', () => {
    const { files } = manifestOf({ formats: 'qcow2 vmdk', 'image-name': 'guest' });
    expect(files).toEqual([
      { format: 'qcow2', fileName: 'guest.qcow2', sizeBytes: 543794176, sha256: '0'.repeat(64) },
      { format: 'vmdk', fileName: 'guest.vmdk', sizeBytes: 543794177, sha256: '1'.repeat(64) },
    ]);
  });

  it('knows no version of an agent that is not installed', () => {
    expect(manifestOf({}, { packages: [] }).guest.agentVersion).toBeNull();
  });

  it('is the same after a trip through JSON', () => {
    expect(JSON.parse(JSON.stringify(manifest))).toEqual(manifest);
  });
});
