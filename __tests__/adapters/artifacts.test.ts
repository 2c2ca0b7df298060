import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createArtifacts } from '../../src/adapters/artifacts.ts';
import { type ResultsService, startResultsService } from '../support/results-service/service.ts';

const directory = mkdtempSync(join(tmpdir(), 'artifacts-test-'));
const image = join(directory, 'guest image.qcow2');
const bytes = Buffer.alloc(2_000_000, 'an image');
const sha256 = createHash('sha256').update(bytes).digest('hex');
const job = {
  GITHUB_SERVER_URL: 'https://github.com',
  GITHUB_REPOSITORY: 'example/images',
  GITHUB_RUN_ID: '77',
  GITHUB_WORKSPACE: directory,
  RUNNER_TEMP: directory,
};
const saved = { ...process.env };
let service: ResultsService;

beforeAll(async () => {
  writeFileSync(image, bytes);
  service = await startResultsService({ directory: join(directory, 'service') });
  // the client tells much, with masks for the runner of whoever runs this test
  jest.spyOn(process.stdout, 'write').mockReturnValue(true);
  // it reads these itself
  Object.assign(process.env, job, service.env());
});
afterEach(() => service.setFaults([]));
afterAll(async () => {
  jest.restoreAllMocks();
  for (const name of Object.keys({ ...job, ...service.env() })) {
    if (saved[name] === undefined) delete process.env[name];
    else process.env[name] = saved[name];
  }
  await service.close();
  rmSync(directory, { recursive: true });
});

describe('the artifact store of a run', () => {
  it('takes a file un-zipped, under its own name, and gives id, address and digest', async () => {
    const artifact = await createArtifacts(job).uploadFile(image, 3);
    const [stored] = service.artifacts();
    expect(artifact).toEqual({
      name: 'guest image.qcow2',
      id: String(stored?.id),
      url: `https://github.com/example/images/actions/runs/77/artifacts/${stored?.id}`,
      sha256,
    });
    expect(await service.readArtifact('guest image.qcow2')).toMatchObject({
      sha256,
      size: bytes.length,
    });
    const days = Date.parse(stored?.expiresAt ?? '') - Date.parse(stored?.createdAt ?? '');
    expect(Math.round(days / 86_400_000)).toBe(3);
  });

  it('takes several files as one archive, and leaves the retention to the repository for 0 days', async () => {
    writeFileSync(join(directory, 'b.txt'), 'b');
    const files = [image, join(directory, 'b.txt')];
    const artifact = await createArtifacts(job).uploadArchive('record', files, directory, 0);
    const stored = service.artifacts().find(({ name }) => name === 'record');
    expect(artifact).toMatchObject({ name: 'record', id: String(stored?.id) });
    expect(stored?.mimeType).toBe('application/zip');
    expect(stored?.size).toBeLessThan(bytes.length / 10);
    expect(stored?.expiresAt).toBeUndefined();
  });

  it('throws what the service says: name in use, no right', async () => {
    await expect(createArtifacts(job).uploadFile(image, 0)).rejects.toThrow(/already exists|409/);
    service.setFaults([{ operation: 'CreateArtifact', effect: { kind: 'status', status: 403 } }]);
    await expect(
      createArtifacts(job).uploadArchive('other', [image], directory, 0),
    ).rejects.toThrow(/403/);
  });

  it('throws for a file that is not there', async () => {
    await expect(createArtifacts(job).uploadFile(join(directory, 'none'), 0)).rejects.toThrow();
  });
});
