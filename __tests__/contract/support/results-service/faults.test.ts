import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createFaultPlan, type Fault } from '../../../support/results-service/faults.ts';
import { callTwirp, type Fixture, startFixture } from './fixture.ts';

const DROP = { kind: 'drop' } as const;

describe('a fault plan', () => {
  const play = (faults: Fault[], operations: string[]) => {
    const plan = createFaultPlan();
    plan.set(faults);
    return operations.map((operation) => plan.take(operation)?.kind ?? '-').join(' ');
  };

  it('hits the named operation after the skipped requests, as often as asked', () => {
    const fault = { operation: 'GetBlob', skip: 1, times: 2, effect: DROP };

    expect(play([fault], ['GetBlob', 'PutBlob', 'GetBlob', 'GetBlob', 'GetBlob'])).toBe(
      '- - drop drop -',
    );
  });

  it('hits every operation for a star, and lets the first fault win', () => {
    const faults: Fault[] = [
      { operation: 'PutBlob', times: 1, effect: { kind: 'hang' } },
      { operation: '*', times: 2, effect: DROP },
    ];

    expect(play(faults, ['PutBlob', 'GetBlob', 'PutBlob'])).toBe('hang drop -');
  });
});

describe('a fault in the service', () => {
  let fixture: Fixture;
  let writeUrl: string;
  let readUrl: string;

  beforeEach(async () => {
    fixture = await startFixture();
    const entry = { key: 'k', version: 'v' };
    const created = await callTwirp(fixture, 'CreateCacheEntry', entry);
    writeUrl = String(created.answer.signed_upload_url);
    await put();
    await callTwirp(fixture, 'FinalizeCacheEntryUpload', { ...entry, size_bytes: '10' });
    const found = await callTwirp(fixture, 'GetCacheEntryDownloadURL', entry);
    readUrl = String(found.answer.signed_download_url);
  });

  afterEach(async () => {
    await fixture.close();
  });

  const put = () =>
    fetch(writeUrl, {
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
      body: '0123456789',
    });
  const plan = (operation: string, effect: Fault['effect']) =>
    fixture.service.setFaults([{ operation, times: 1, effect }]);

  it('answers with a status in the words of the side that was asked', async () => {
    plan('CreateCacheEntry', { kind: 'status', status: 429 });
    const twirp = await callTwirp(fixture, 'CreateCacheEntry', { key: 'x', version: 'v' });
    plan('GetBlob', { kind: 'status', status: 503 });
    const blob = await fetch(readUrl);

    expect(twirp).toMatchObject({ status: 429, answer: { code: 'resource_exhausted' } });
    expect(blob.status).toBe(503);
    expect(blob.headers.get('x-ms-error-code')).toBe('ServerBusy');
    expect(fixture.service.cacheEntries()).toHaveLength(1);
  });

  it('drops the connection without doing the work', async () => {
    plan('CreateCacheEntry', DROP);

    await expect(
      callTwirp(fixture, 'CreateCacheEntry', { key: 'x', version: 'v' }),
    ).rejects.toThrow();
    expect(fixture.service.cacheEntries()).toHaveLength(1);
    expect(fixture.service.requests.at(-1)).toMatchObject({ fault: 'drop' });
    expect(fixture.service.requests.at(-1)).not.toHaveProperty('status');
  });

  it('never answers, until the client gives up', async () => {
    plan('GetBlob', { kind: 'hang' });

    await expect(fetch(readUrl, { signal: AbortSignal.timeout(300) })).rejects.toThrow(/timeout/);
  });

  it('lets go of a client that waits for a hanging answer, and serves the next', async () => {
    plan('GetBlob', { kind: 'hang' });
    const waiting = fetch(readUrl);
    while (fixture.service.requests.at(-1)?.fault !== 'hang')
      await new Promise((resolve) => setTimeout(resolve, 10));
    fixture.service.dropConnections();

    await expect(waiting).rejects.toThrow('fetch failed');
    expect(await (await fetch(readUrl)).text()).toBe('0123456789');
  });

  it('delays an answer that is then as usual', async () => {
    plan('GetBlob', { kind: 'delay', delayMs: 300 });
    const startedAt = performance.now();

    expect(await (await fetch(readUrl)).text()).toBe('0123456789');
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(295);
  });

  it('lets a body through slowly, and its headers at once', async () => {
    plan('GetBlob', { kind: 'slow', bytesPerSecond: 20 });
    const startedAt = performance.now();
    const response = await fetch(readUrl);
    const headersAt = performance.now();

    expect(await response.text()).toBe('0123456789');
    expect(headersAt - startedAt).toBeLessThan(450);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(495);
  });

  it('cuts a download after its bytes', async () => {
    plan('GetBlob', { kind: 'abort', afterBytes: 4 });
    const response = await fetch(readUrl);
    const received: Buffer[] = [];
    const read = async () => {
      for await (const chunk of response.body ?? []) received.push(Buffer.from(chunk));
    };

    await expect(read()).rejects.toThrow();
    expect(Buffer.concat(received).toString()).toBe('0123');
  });

  it('cuts an upload, of which nothing is kept', async () => {
    plan('PutBlob', { kind: 'abort', afterBytes: 4 });

    await expect(put()).rejects.toThrow();
    expect(await readdir(join(fixture.directory, 'blobs'))).toHaveLength(1);
    expect(await (await fetch(readUrl)).text()).toBe('0123456789');
  });

  it('turns one byte over in an upload', async () => {
    plan('PutBlob', { kind: 'corrupt', atByte: 4 });

    expect((await put()).status).toBe(201);
    const stored = Buffer.from(await (await fetch(readUrl)).arrayBuffer());
    expect(stored.toString('latin1')).toBe('0123\xcb56789');
  });
});
