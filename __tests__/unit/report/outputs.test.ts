import { describe, expect, it } from '@jest/globals';
import { composeOutputs } from '../../../src/core/report/outputs.ts';
import { renderSums } from '../../../src/core/report/sums.ts';
import { outputTable } from '../../../src/model/output-table.ts';
import type { RawInputs } from '../support/inputs.ts';
import { buildRecord, manifestOf, recordedLayers } from '../support/record.ts';

const outputsOf = (raw: RawInputs = {}, artifact: { id: string; url: string } | null = null) =>
  composeOutputs({
    manifest: manifestOf(raw, raw.verify === 'off' ? { checks: [] } : {}),
    files: buildRecord(raw).files,
    layers: recordedLayers,
    paths: { manifest: '/o/manifest.json', log: '/o/x.log' },
    artifact,
    durationMs: 178_501,
  });

describe('the outputs', () => {
  it('are those of the output table, in its order, and all of them texts', () => {
    expect(Object.keys(outputsOf())).toEqual(outputTable.map(({ name }) => name));
    expect(Object.values(outputsOf()).every((value) => typeof value === 'string')).toBe(true);
  });

  it('describe the image', () => {
    expect(
      outputsOf({ 'image-name': 'guest-1.2' }, { id: '42', url: 'https://example.org/42' }),
    ).toEqual({
      'image-path': '/home/builder/private-out/guest-1.2.qcow2',
      'image-name': 'guest-1.2',
      sha256: '0'.repeat(64),
      size: '543794176',
      'manifest-path': '/o/manifest.json',
      'log-path': '/o/x.log',
      'build-id': manifestOf().buildId,
      layers: JSON.stringify(recordedLayers),
      'artifact-id': '42',
      'artifact-url': 'https://example.org/42',
      'verify-result': 'passed',
      duration: '179',
    });
  });

  it('describe the first of several formats', () => {
    expect(outputsOf({ formats: 'vmdk qcow2' })['image-path']).toMatch(/\.vmdk$/);
  });

  it('are empty where nothing was uploaded, and say when nothing was verified', () => {
    expect(outputsOf({ verify: 'off' })).toMatchObject({
      'artifact-id': '',
      'artifact-url': '',
      'verify-result': 'off',
    });
  });
});

describe('SHA256SUMS', () => {
  it('has the form that sha256sum reads: digest, two spaces, name, one per line', () => {
    const files = [
      { fileName: 'a.qcow2', sha256: '0'.repeat(64) },
      { fileName: 'manifest.json', sha256: 'f'.repeat(64) },
    ];
    expect(renderSums(files)).toBe(
      `${'0'.repeat(64)}  a.qcow2\n${'f'.repeat(64)}  manifest.json\n`,
    );
    expect(renderSums([])).toBe('');
  });
});
