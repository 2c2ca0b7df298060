import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { TokenOptions } from '../../../support/results-service/runtime-token.ts';
import { startResultsService } from '../../../support/results-service/service.ts';
import { callTwirp, type Fixture, startFixture } from './fixture.ts';

const BRANCH = { ref: 'refs/heads/topic' };

describe('the cache service', () => {
  let fixture: Fixture;

  beforeEach(async () => {
    fixture = await startFixture();
  });

  afterEach(async () => {
    await fixture.close();
  });

  const create = (key: string, token?: TokenOptions) =>
    callTwirp(fixture, 'CreateCacheEntry', { key, version: 'v1' }, token);
  const finalize = (key: string, sizeBytes: number, token?: TokenOptions) =>
    callTwirp(
      fixture,
      'FinalizeCacheEntryUpload',
      { key, version: 'v1', size_bytes: String(sizeBytes) },
      token,
    );
  const look = (key: string, restoreKeys: string[] = [], token?: TokenOptions, version = 'v1') =>
    callTwirp(
      fixture,
      'GetCacheEntryDownloadURL',
      { key, version, restore_keys: restoreKeys },
      token,
    );
  const save = async (key: string, content: Buffer, token?: TokenOptions) => {
    const { answer } = await create(key, token);
    await fetch(String(answer.signed_upload_url), {
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
      body: new Uint8Array(content),
    });
    return finalize(key, content.length, token);
  };

  it('gives back what was saved under a key', async () => {
    const content = randomBytes(3_000_000);

    expect(await save('layer-a', content)).toEqual({
      status: 200,
      answer: { ok: true, entry_id: '1' },
    });
    const { answer } = await look('layer-a');
    const download = await fetch(String(answer.signed_download_url));

    expect(answer.matched_key).toBe('layer-a');
    expect(Buffer.from(await download.arrayBuffer()).equals(content)).toBe(true);
    expect(fixture.service.cacheEntries()).toMatchObject([{ key: 'layer-a', size: 3_000_000 }]);
  });

  it('gives addresses of blobs with another name of this machine, when it has one', async () => {
    const named = await startResultsService({
      directory: join(fixture.directory, 'named'),
      blobHost: 'localhost',
    });
    const { answer } = await callTwirp({ ...fixture, service: named }, 'CreateCacheEntry', {
      key: 'layer-a',
      version: 'v1',
    });
    await named.close();

    expect(named.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    expect(answer.signed_upload_url).toContain(
      `${named.url.replace('127.0.0.1', 'localhost')}blob/cache/1?`,
    );
  });

  it('answers a miss with ok false, for another version too', async () => {
    await save('layer-a', Buffer.from('a'));

    expect(await look('layer-b')).toEqual({ status: 200, answer: { ok: false } });
    expect((await look('layer-a', [], undefined, 'v2')).answer).toEqual({ ok: false });
  });

  it('prefers the exact key, then the newest entry that a restore key begins', async () => {
    for (const key of ['layer-1', 'layer-2', 'layer']) await save(key, Buffer.from(key));

    expect((await look('layer-1', ['layer-'])).answer.matched_key).toBe('layer-1');
    expect((await look('layer-9', ['nothing-', 'layer-'])).answer.matched_key).toBe('layer-2');
  });

  it('refuses a key that is reserved, even when its upload never ended', async () => {
    await create('layer-a');

    expect(await create('layer-a')).toMatchObject({
      status: 409,
      answer: { code: 'already_exists' },
    });
    expect((await look('layer-a')).answer).toEqual({ ok: false });
  });

  it('refuses to finish an upload of another size', async () => {
    const { answer } = await create('layer-a');
    await fetch(String(answer.signed_upload_url), {
      method: 'PUT',
      headers: { 'x-ms-blob-type': 'BlockBlob' },
      body: 'abc',
    });

    expect(await finalize('layer-a', 4)).toMatchObject({
      status: 412,
      answer: { msg: 'size mismatch: stored 3, declared 4' },
    });
  });

  it('lets a branch read the default branch, and not the other way round', async () => {
    await save('main-layer', Buffer.from('m'));
    await save('topic-layer', Buffer.from('t'), BRANCH);

    expect((await look('main-layer', [], BRANCH)).answer.ok).toBe(true);
    expect((await look('topic-layer', [], BRANCH)).answer.ok).toBe(true);
    expect((await look('topic-layer')).answer.ok).toBe(false);
  });

  it('writes nothing for a token that may only read, and reads nothing for one that may not', async () => {
    expect((await create('layer-a', { cache: 'read' })).answer).toEqual({
      ok: false,
      message: 'cache write denied: token has no writable scopes',
    });
    expect((await look('layer-a', [], { cache: 'none' })).status).toBe(403);
    expect(fixture.service.cacheEntries()).toEqual([]);
  });
});
