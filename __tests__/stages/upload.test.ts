import { describe, expect, it } from '@jest/globals';
import type { Artifacts, UploadedArtifact } from '../../src/ports/artifacts.ts';
import { uploadImages, uploadLog } from '../../src/stages/upload.ts';
import { fakeLog } from './fakes.ts';

const files = ['a.qcow2', 'a.raw'].map((fileName) => ({
  ...{ fileName, format: 'raw', path: `/out/${fileName}`, sizeBytes: 1 },
  sha256: `digest of /out/${fileName}`,
}));
const request = {
  ...{ files, companions: ['/out/manifest.json'], outputDir: '/out' },
  ...{ companionsName: 'a-build', retentionDays: 4 },
};

/** A store that takes everything, or throws for the names in `refusals`. */
function fakeArtifacts(refusals: Readonly<Record<string, string>> = {}, digest = 'digest of ') {
  const calls: string[] = [];
  const store = (name: string, sha256: string): UploadedArtifact => {
    const refusal = refusals[name];
    if (refusal !== undefined) throw new Error(refusal);
    return { name, id: String(calls.length), url: `https://example.org/${name}`, sha256 };
  };
  const artifacts: Artifacts = {
    uploadFile: async (path, days) => {
      calls.push(`file ${path} ${days}`);
      return store(path.slice('/out/'.length), `${digest}${path}`);
    },
    uploadArchive: async (name, paths, root, days) => {
      calls.push(`archive ${name} ${paths.join()} ${root} ${days}`);
      return store(name, 'of the archive');
    },
  };
  return { artifacts, calls };
}

describe('uploading', () => {
  it('takes every image, then the companions, and gives the first image', async () => {
    const { artifacts, calls } = fakeArtifacts();
    const first = await uploadImages({ artifacts, log: fakeLog() }, request);
    expect(first).toMatchObject({ name: 'a.qcow2', id: '1' });
    expect(calls).toEqual([
      'file /out/a.qcow2 4',
      'file /out/a.raw 4',
      'archive a-build /out/manifest.json /out 4',
    ]);
  });

  it('stops when the digest of what was uploaded is another one', async () => {
    const { artifacts, calls } = fakeArtifacts({}, 'other digest of ');
    await expect(uploadImages({ artifacts, log: fakeLog() }, request)).rejects.toMatchObject({
      kind: 'publish',
      problems: [{ code: 'artifact-differs', message: expect.stringContaining('other digest') }],
    });
    expect(calls).toHaveLength(1);
  });

  it.each([
    ['(409) Conflict: an artifact with this name already exists', 'artifact-name-taken', 'its own'],
    ['quota exceeded', 'artifact-failed', 'storage quota'],
  ])('says what to do when the store says %j', async (said, code, hint) => {
    const { artifacts } = fakeArtifacts({ 'a.raw': said });
    await expect(uploadImages({ artifacts, log: fakeLog() }, request)).rejects.toMatchObject({
      kind: 'publish',
      problems: [
        {
          code,
          message: `artifact: a.raw could not be uploaded: ${said}`,
          hint: expect.stringContaining(hint),
        },
      ],
    });
  });

  it('of the log of a failed build is never an error itself', async () => {
    const log = fakeLog();
    const { artifacts } = fakeArtifacts({ 'a-failed-log': 'no' });
    await uploadLog({ artifacts, log }, 'a-failed-log', '/out/a.log', 0);
    expect(log.problems).toEqual([
      {
        code: 'log-not-uploaded',
        message: 'The build log could not be uploaded: no',
        hint: 'It is on the runner: /out/a.log',
      },
    ]);
  });
});
