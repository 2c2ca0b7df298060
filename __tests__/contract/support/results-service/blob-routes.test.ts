import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { callTwirp, type Fixture, startFixture } from './fixture.ts';

describe('the blob store behind signed addresses', () => {
  let fixture: Fixture;
  let writeUrl: string;
  let readUrl: string;

  beforeEach(async () => {
    fixture = await startFixture();
    const entry = { key: 'k', version: 'v' };
    const created = await callTwirp(fixture, 'CreateCacheEntry', entry);
    writeUrl = String(created.answer.signed_upload_url);
    await put(writeUrl, '0123456789');
    await callTwirp(fixture, 'FinalizeCacheEntryUpload', { ...entry, size_bytes: '10' });
    const found = await callTwirp(fixture, 'GetCacheEntryDownloadURL', entry);
    readUrl = String(found.answer.signed_download_url);
  });

  afterEach(async () => {
    await fixture.close();
  });

  const put = (url: string, body: string, query = '') =>
    fetch(url + query, { method: 'PUT', headers: { 'x-ms-blob-type': 'BlockBlob' }, body });
  const putList = (...ids: string[]) => {
    const items = ids.map((id) => `<Latest>${id}</Latest>`).join('');
    return put(writeUrl, `<BlockList>${items}</BlockList>`, '&comp=blocklist');
  };

  it('puts blocks together in the order of the list, not of their arrival', async () => {
    await put(writeUrl, 'world', '&comp=block&blockid=Yg%3D%3D');
    await put(writeUrl, 'hello ', '&comp=block&blockid=YQ%3D%3D');

    expect((await putList('YQ==', 'Yg==')).status).toBe(201);
    expect(await (await fetch(readUrl)).text()).toBe('hello world');
    const range = await fetch(readUrl, { headers: { 'x-ms-range': 'bytes=4-7' } });
    expect(await range.text()).toBe('o wo');
  });

  it('refuses a list with a block that never came, and keeps the blob as it was', async () => {
    await put(writeUrl, 'x', '&comp=block&blockid=YQ%3D%3D');

    const refused = await putList('YQ==', 'Yg==');

    expect(refused.status).toBe(400);
    expect(refused.headers.get('x-ms-error-code')).toBe('InvalidBlockList');
    expect(await (await fetch(readUrl)).text()).toBe('0123456789');
  });

  it('removes the bytes that a new upload replaces', async () => {
    await put(writeUrl, 'other');

    expect(await (await fetch(readUrl)).text()).toBe('other');
    expect(await readdir(join(fixture.directory, 'blobs'))).toHaveLength(1);
  });

  it.each([
    ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
    ['bytes=7-', 206, '789', 'bytes 7-9/10'],
    ['bytes=8-100', 206, '89', 'bytes 8-9/10'],
  ])('answers the range %s with %i and %s', async (range, status, text, contentRange) => {
    const response = await fetch(readUrl, { headers: { range } });

    expect(response.status).toBe(status);
    expect(await response.text()).toBe(text);
    expect(response.headers.get('content-range')).toBe(contentRange);
  });

  it('answers a range behind the end with 416', async () => {
    expect((await fetch(readUrl, { headers: { range: 'bytes=10-' } })).status).toBe(416);
  });

  it('answers HEAD with the size and no bytes', async () => {
    const response = await fetch(readUrl, { method: 'HEAD' });

    expect(response.headers.get('content-length')).toBe('10');
    expect(await response.text()).toBe('');
  });

  it('keeps to what an address was signed for', async () => {
    const statusOf = async (url: string, method: string) => (await fetch(url, { method })).status;

    expect(await statusOf(readUrl, 'PUT')).toBe(403);
    expect(await statusOf(writeUrl, 'GET')).toBe(403);
    expect(await statusOf(readUrl.replace('/cache/1', '/cache/2'), 'GET')).toBe(403);
    expect(await statusOf(readUrl.replace(/se=\d/, 'se=3'), 'GET')).toBe(403);
    expect(await statusOf(readUrl.replace(/\?.*/, ''), 'GET')).toBe(403);
  });
});
