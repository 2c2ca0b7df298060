import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { digestOf, makeImage, makeList } from '../../support/registry/image.ts';
import { login, type Registry, startRegistry } from '../../support/registry.ts';

const accept =
  'application/vnd.oci.image.index.v1+json, application/vnd.oci.image.manifest.v1+json';

describe('the registry for tests', () => {
  let registry: Registry;
  beforeAll(async () => {
    registry = await startRegistry();
  });
  afterAll(() => registry.stop());

  it('gives a list, its manifests and its blobs back byte by byte', async () => {
    const content = makeList('hello', ['amd64', 'arm64']);
    await registry.push('small/list', '1', content);
    const get = async (path: string): Promise<Buffer> => {
      const answer = await fetch(`${registry.url}/v2/small/list/${path}`, {
        headers: { Accept: accept },
      });
      return Buffer.from(await answer.arrayBuffer());
    };
    expect(digestOf(await get('manifests/1'))).toBe(content.list.digest);
    for (const { manifest, config, layer } of content.images) {
      expect(digestOf(await get(`manifests/${manifest.digest}`))).toBe(manifest.digest);
      expect(digestOf(await get(`blobs/${config.digest}`))).toBe(config.digest);
      expect(digestOf(await get(`blobs/${layer.digest}`))).toBe(layer.digest);
    }
    expect(registry.log()).toContain('GET /v2/small/list/manifests/1');
  });

  it('gives other bytes than it promises for a blob that was damaged', async () => {
    const image = makeImage('to be damaged');
    await registry.push('small/damaged', '1', image);
    registry.damage(image.layer.digest);
    const answer = await fetch(`${registry.url}/v2/small/damaged/blobs/${image.layer.digest}`);
    const bytes = Buffer.from(await answer.arrayBuffer());
    expect(digestOf(bytes)).not.toBe(image.layer.digest);
  });

  it('refuses a manifest whose blobs it does not have', async () => {
    const { manifest } = makeImage('nobody pushed its layer');
    await expect(registry.pushManifest('small/empty', '1', manifest)).rejects.toThrow(/400|404/);
  });
});

describe('the registry for tests with a login', () => {
  it('lets nobody in who does not have it', async () => {
    const registry = await startRegistry({ secured: true });
    try {
      await registry.push('small/secret', '1', makeImage('secret'));
      const ask = async (text: string): Promise<number> => {
        const Authorization = `Basic ${Buffer.from(text).toString('base64')}`;
        return (await fetch(`${registry.url}/v2/`, { headers: { Authorization } })).status;
      };
      expect((await fetch(`${registry.url}/v2/`)).status).toBe(401);
      expect(await ask(`${login.user}:wrong`)).toBe(401);
      expect(await ask(`${login.user}:${login.password}`)).toBe(200);
    } finally {
      await registry.stop();
    }
  });
});

it.each(['oci', 'docker'] as const)(
  'an image of the form %s is the same whenever it is made',
  (form) => {
    expect(makeImage('same', 'amd64', form).manifest.digest).toBe(
      makeImage('same', 'amd64', form).manifest.digest,
    );
  },
);
