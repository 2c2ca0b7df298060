import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { callClient, callTwirp, type Fixture, startFixture } from './fixture.ts';

const MIB = 1024 * 1024;

describe('the artifact service, asked by the real client', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await startFixture();
  });

  afterEach(async () => {
    await fixture.close();
  });

  const upload = (path: string, options: object, name = 'ignored') =>
    callClient(fixture, 'uploadArtifact', [name, [path], dirname(path), options]);
  const statusesOf = (operation: string) =>
    fixture.service.requests.filter((one) => one.operation === operation).map((one) => one.status);

  it('stores a file that is not archived under its base name, byte for byte', async () => {
    const file = await fixture.makeFile('guest.qcow2', 20 * MIB + 7);

    const { value } = await upload(file.path, { skipArchive: true, retentionDays: 3 });

    expect(value).toEqual({ id: 1, size: 20 * MIB + 7, digest: file.sha256 });
    expect(await fixture.service.readArtifact('guest.qcow2')).toEqual({
      sha256: file.sha256,
      size: 20 * MIB + 7,
      hash: `sha256:${file.sha256}`,
      mimeType: 'application/octet-stream',
    });
    const [artifact] = fixture.service.artifacts();
    const days = (Date.parse(artifact?.expiresAt ?? '') - Date.now()) / 86_400_000;
    expect(Math.round(days)).toBe(3);
    expect(statusesOf('PutBlock')).toEqual([201, 201, 201]);
    expect(fixture.service.requests.map((one) => one.operation).slice(-2)).toEqual([
      'PutBlockList',
      'FinalizeArtifact',
    ]);
  });

  it('stores an archive, lists it, gives it back unpacked, and deletes it', async () => {
    const file = await fixture.makeFile('report.html', 5000);

    const { value } = await upload(file.path, { compressionLevel: 0 }, 'reports');
    const listed = await callClient(fixture, 'listArtifacts', []);
    const target = join(fixture.directory, 'down');
    const down = await callClient(fixture, 'downloadArtifact', [
      value.id,
      { path: target, expectedHash: `sha256:${value.digest}` },
    ]);

    expect(listed.value.artifacts).toMatchObject([{ id: 1, name: 'reports', size: value.size }]);
    expect(down.value).toMatchObject({ digestMismatch: false });
    expect(await readFile(join(target, 'report.html'))).toEqual(await readFile(file.path));
    expect((await fixture.service.readArtifact('reports')).mimeType).toBe('application/zip');
    expect(await callClient(fixture, 'deleteArtifact', ['reports'])).toEqual({ value: { id: 1 } });
    expect(fixture.service.artifacts()).toEqual([]);
  });

  it('refuses a name that is in use on the run, and keeps what it has', async () => {
    const first = await fixture.makeFile('guest.qcow2', 100);
    await upload(first.path, { skipArchive: true });
    const second = await fixture.makeFile('guest.qcow2', 200);

    const { error } = await upload(second.path, { skipArchive: true });

    expect(error).toMatch(/\(409\).*an artifact with this name already exists/);
    expect((await fixture.service.readArtifact('guest.qcow2')).sha256).toBe(first.sha256);
  });

  it('takes the same name on another run', async () => {
    const { path } = await fixture.makeFile('guest.qcow2', 100);
    const call = ['ignored', [path], dirname(path), { skipArchive: true }];
    await callClient(fixture, 'uploadArtifact', call);

    const { value } = await callClient(fixture, 'uploadArtifact', call, { runId: 'another-run' });

    expect(value.id).toBe(2);
  });

  it('is asked again after a 503', async () => {
    const { path } = await fixture.makeFile('guest.qcow2', 100);
    fixture.service.setFaults([
      { operation: 'CreateArtifact', times: 1, effect: { kind: 'status', status: 503 } },
      { operation: 'PutBlock', times: 1, effect: { kind: 'status', status: 500 } },
    ]);

    const { value } = await upload(path, { skipArchive: true });

    expect(value).toMatchObject({ size: 100 });
    expect(statusesOf('CreateArtifact')).toEqual([503, 200]);
    expect(statusesOf('PutBlock')).toEqual([500, 201]);
  });

  it('holds the name when the answer to its creation is lost', async () => {
    const { path } = await fixture.makeFile('guest.qcow2', 100);
    fixture.service.setFaults([
      { operation: 'CreateArtifact', times: 1, effect: { kind: 'lose-answer' } },
    ]);

    const lost = await upload(path, { skipArchive: true });
    const again = await upload(path, { skipArchive: true });

    expect(lost.error).toMatch(/ECONNRESET/);
    expect(again.error).toMatch(/409/);
    expect(fixture.service.artifacts()).toMatchObject([{ name: 'guest.qcow2', finalized: false }]);
  });

  it('shows a byte damaged on its way up as a digest that differs from the declared one', async () => {
    const file = await fixture.makeFile('guest.qcow2', 9 * MIB);
    fixture.service.setFaults([
      { operation: 'PutBlock', skip: 1, times: 1, effect: { kind: 'corrupt', atByte: 77 } },
    ]);

    const { value } = await upload(file.path, { skipArchive: true });
    const stored = await fixture.service.readArtifact('guest.qcow2');

    expect(value.digest).toBe(file.sha256);
    expect(stored).toMatchObject({ hash: `sha256:${file.sha256}`, size: 9 * MIB });
    expect(stored.sha256).not.toBe(file.sha256);
  });

  it('gives a damaged download that only a client with the expected digest notices', async () => {
    const file = await fixture.makeFile('guest.qcow2', 1000);
    await upload(file.path, { skipArchive: true });
    fixture.service.setFaults([{ operation: 'GetBlob', effect: { kind: 'corrupt', atByte: 999 } }]);
    const path = join(fixture.directory, 'down');

    const trusting = await callClient(fixture, 'downloadArtifact', [1, { path }]);
    const expectedHash = `sha256:${file.sha256}`;
    const careful = await callClient(fixture, 'downloadArtifact', [1, { path, expectedHash }]);

    expect(trusting.value.digestMismatch).toBe(false);
    expect(careful.value.digestMismatch).toBe(true);
    const [wanted, got] = [await readFile(file.path), await readFile(join(path, 'guest.qcow2'))];
    expect(got.length).toBe(1000);
    expect(got.subarray(0, 999)).toEqual(wanted.subarray(0, 999));
    expect(got[999]).not.toBe(wanted[999]);
  });

  it('turns a token away that has expired', async () => {
    const { path } = await fixture.makeFile('guest.qcow2', 100);
    const call = ['ignored', [path], dirname(path), { skipArchive: true }];

    const { error } = await callClient(fixture, 'uploadArtifact', call, { expiresAt: 1 });

    expect(error).toMatch(/\(401\).*token/);
  });

  it('opens only the run that the token is for', async () => {
    const message = { workflow_run_backend_id: 'another-run', name: 'guest.qcow2' };

    const { status, answer } = await callTwirp(fixture, 'CreateArtifact', message);

    expect(status).toBe(403);
    expect(answer.code).toBe('permission_denied');
    expect(fixture.service.artifacts()).toEqual([]);
  });
});
