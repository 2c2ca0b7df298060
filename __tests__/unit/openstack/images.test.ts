import { describe, expect, it } from '@jest/globals';
import {
  describeCreation,
  findNextPage,
  imageFileUrl,
  imageUrl,
  listImageUrls,
  serversUrl,
  toJsonPatch,
} from '../../../src/core/openstack/images.ts';

const access = {
  glanceUrl: 'http://glance.example/image/v2',
  novaUrl: 'http://nova.example/v2.1',
  projectId: 'p1',
};
const queryOf = (url: string) => [...new URL(url).searchParams];

describe('the lists of images', () => {
  it('are ours, hidden ones and others, and all that Trove could find', () => {
    const urls = listImageUrls(access, 'a line', ['a', 'b&c']);
    expect(urls.map((url) => url.split('?')[0])).toEqual(
      urls.map(() => 'http://glance.example/image/v2/images'),
    );
    const ours = [
      ['owner', 'p1'],
      ['trove_build_line', 'a line'],
    ];
    expect(urls.map(queryOf)).toEqual([
      [...ours, ['os_hidden', 'true'], ['limit', '200']],
      [...ours, ['os_hidden', 'false'], ['limit', '200']],
      [
        ['tag', 'a'],
        ['tag', 'b&c'],
        ['status', 'active'],
        ['limit', '200'],
      ],
    ]);
  });

  it('are not asked for tags where there are none, nor for a project of no login', () => {
    const urls = listImageUrls({ ...access, projectId: '' }, 'l', []);
    expect(urls).toHaveLength(2);
    expect(urls.join()).not.toContain('owner');
  });

  it.each<[string, unknown, string | null]>([
    [
      'goes on',
      { next: '/v2/images?limit=2&marker=a' },
      `${access.glanceUrl}/images?limit=2&marker=a`,
    ],
    ['ends', { images: [] }, null],
    ['ends when it says so', { next: null }, null],
    ['never leads elsewhere', { next: 'http://other.example/v2/images' }, null],
    ['never leads to another path', { next: '/admin' }, null],
    ['ends when there is no list', null, null],
    ['ends when it is a text', 'busy', null],
  ])('%s', (_, body, url) => {
    expect(findNextPage(access, body)).toBe(url);
  });
});

describe('the address of', () => {
  it('an image and its file holds the id as one word, whatever it is', () => {
    expect(imageUrl(access, '5d1f')).toBe(`${access.glanceUrl}/images/5d1f`);
    expect(imageFileUrl(access, '../a?b')).toBe(`${access.glanceUrl}/images/..%2Fa%3Fb/file`);
  });

  it('servers asks for those of all projects that were booted from an image', () => {
    expect(queryOf(serversUrl(access, 'a&b'))).toEqual([
      ['all_tenants', '1'],
      ['image', 'a&b'],
      ['limit', '1'],
    ]);
  });
});

it('a new image is private and hidden, and no property of ours can change what it is', () => {
  const properties = { os_distro: 'debian', visibility: 'public', id: 'x', os_hidden: 'false' };
  const image = { name: 'guest', diskFormat: 'raw', minDiskGb: 5, minRamMb: 0, properties };
  expect(describeCreation(image, 'a1')).toEqual({
    ...{ os_distro: 'debian', id: 'a1', name: 'guest', disk_format: 'raw' },
    ...{ container_format: 'bare', visibility: 'private', os_hidden: true },
    ...{ min_disk: 5, min_ram: 0 },
  });
});

describe('a patch', () => {
  it('names what is changed and nothing else, also what is false, zero or empty', () => {
    expect(toJsonPatch({})).toEqual([]);
    expect(
      toJsonPatch({ hidden: false, protected: false, tags: [], minDiskGb: 0, minRamMb: 0 }),
    ).toEqual([
      { op: 'replace', path: '/tags', value: [] },
      { op: 'replace', path: '/os_hidden', value: false },
      { op: 'replace', path: '/protected', value: false },
      { op: 'replace', path: '/min_disk', value: 0 },
      { op: 'replace', path: '/min_ram', value: 0 },
    ]);
  });

  it('adds properties, which replaces those that are there', () => {
    expect(toJsonPatch({ visibility: 'public', properties: { a: '', 'b/~c': '1' } })).toEqual([
      { op: 'replace', path: '/visibility', value: 'public' },
      { op: 'add', path: '/a', value: '' },
      { op: 'add', path: '/b~1~0c', value: '1' },
    ]);
  });
});
