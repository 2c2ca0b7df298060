import { describe, expect, it } from '@jest/globals';
import { toJsonPatch } from '../../../src/core/openstack/images.ts';
import { compareRank, findAsTrove, readBuild } from '../../../src/core/publish/builds.ts';
import { describeNewImage, markImage } from '../../../src/core/publish/changes.ts';
import { readImage, readParameter, readVersion } from '../../../src/core/publish/read.ts';
import { wishFor } from '../../support/publish-wishes.ts';

const { properties } = describeNewImage(wishFor(3), 'run-1', Date.parse('2026-11-25T02:00:00Z'));
const record = {
  id: 'a1',
  name: 'guest',
  owner: 'project-1',
  status: 'active',
  created_at: '2026-11-25T02:00:00Z',
  updated_at: '2026-11-25T02:05:00Z',
  tags: ['trove', 'mysql'],
  os_hidden: false,
  visibility: 'shared',
  protected: true,
  size: 42,
  checksum: 'md5',
  os_hash_algo: 'sha512',
  os_hash_value: 'abc',
  min_disk: 5,
  min_ram: 0,
  disk_format: 'qcow2',
  container_format: 'bare',
  self: '/v2/images/a1',
  file: '/v2/images/a1/file',
  schema: '/v2/schemas/image',
  locations: [],
  virtual_size: null,
  ...properties,
  ...markImage('a1'),
};

describe('a record of Glance', () => {
  it('is read, with the texts that others set as properties', () => {
    expect(readImage(record)).toEqual({
      id: 'a1',
      name: 'guest',
      owner: 'project-1',
      status: 'active',
      createdAtMs: Date.parse('2026-11-25T02:00:00Z'),
      updatedAtMs: Date.parse('2026-11-25T02:05:00Z'),
      tags: ['trove', 'mysql'],
      hidden: false,
      visibility: 'shared',
      protected: true,
      sizeBytes: 42,
      digest: { algorithm: 'sha512', value: 'abc' },
      minDiskGb: 5,
      minRamMb: 0,
      properties: { ...properties, ...markImage('a1') },
    });
  });

  it.each([null, undefined, 7, 'x', [], {}, { id: 'a' }, { id: 'a', created_at: 'never' }])(
    'is none when it is %j',
    (raw) => {
      expect(readImage(raw)).toBeNull();
    },
  );

  it('is read with whatever is missing or strange as not there', () => {
    const raw = {
      id: 'a',
      created_at: record.created_at,
      tags: [1, 'x'],
      size: {},
      protected: 'yes',
    };
    expect(readImage(raw)).toMatchObject({
      tags: ['x'],
      sizeBytes: null,
      digest: null,
      protected: false,
      properties: {},
    });
  });
});

describe('an image is ours', () => {
  const read = (changes: object, projectId = 'project-1') => {
    const image = readImage({ ...record, ...changes });
    return image && readBuild(image, projectId);
  };

  it('when its properties say so', () => {
    expect(read({})).toMatchObject({ buildId: 'build-3', runId: 'run-1', state: 'candidate' });
  });

  it.each([
    ['a snapshot or a copy, which inherits all but its id', { id: 'a2' }],
    ["another project's", { owner: 'project-2' }],
    ['one in a state that we do not know', { trove_build_state: 'lost' }],
    ['one without a source time', { trove_build_source_time: 'soon' }],
    ['one without a line', { trove_build_line: undefined }],
    ['one with a number where our property is', { trove_build_image: 1 }],
  ])('but not %s', (_, changes) => {
    expect(read(changes)).toBeNull();
  });

  it('and ranks by source, then by record, then by id', () => {
    const builds = [
      read({ id: 'd', ...markImage('d'), trove_build_source_time: '2026-01-01T00:00:00Z' }),
      read({ id: 'c', ...markImage('c'), created_at: '2026-11-24T00:00:00Z' }),
      read({ id: 'b', ...markImage('b') }),
      read({ id: 'c', ...markImage('c') }),
    ].filter((build) => build !== null);
    expect(builds.toReversed().toSorted(compareRank)).toEqual(builds);
  });
});

it("Trove's question is answered with the newest record that is active, visible and has all tags", () => {
  const make = (id: string, changes: object) => readImage({ ...record, id, ...changes });
  const images = [
    make('old', { created_at: '2026-01-01T00:00:00Z' }),
    make('chosen', {}),
    make('hidden', { os_hidden: true, created_at: '2027-01-01T00:00:00Z' }),
    make('queued', { status: 'queued', created_at: '2027-01-01T00:00:00Z' }),
    make('other', { tags: ['trove'], created_at: '2027-01-01T00:00:00Z' }),
  ].filter((image) => image !== null);
  expect(findAsTrove(images, ['mysql', 'trove'])?.id).toBe('chosen');
  expect(findAsTrove(images, ['redis'])).toBeNull();
  expect(findAsTrove(images, [])).toBeNull();
});

it('changes are written as one JSON patch, with slashes and tildes of names escaped', () => {
  expect(
    toJsonPatch({ tags: ['t'], hidden: false, protected: true, properties: { 'a/b~c': 'x' } }),
  ).toEqual([
    { op: 'replace', path: '/tags', value: ['t'] },
    { op: 'replace', path: '/os_hidden', value: false },
    { op: 'replace', path: '/protected', value: true },
    { op: 'add', path: '/a~1b~0c', value: 'x' },
  ]);
});

describe('a record of Trove', () => {
  it('is read, and [""] means no tags', () => {
    const raw = {
      id: 'v',
      name: '8.4',
      datastore_name: 'mysql',
      datastore_manager: 'mysql',
      image: null,
      image_tags: [''],
      active: 1,
      default: true,
    };
    expect(readVersion(raw, null)).toEqual({
      id: 'v',
      datastore: 'mysql',
      name: '8.4',
      version: '8.4',
      manager: 'mysql',
      imageId: '',
      tags: [],
      active: true,
      isDefault: true,
      parameters: null,
    });
    expect(readVersion({}, [])).toBeNull();
  });

  it('is the same parameter in the words of the API and in those of the rules file', () => {
    const expected = { name: 'n', type: 'integer', restartRequired: true, min: 1, max: 9 };
    expect(
      readParameter({
        name: 'n',
        data_type: 'integer',
        restart_required: 1,
        min_size: '1',
        max_size: 9,
      }),
    ).toEqual(expected);
    expect(
      readParameter({ name: 'n', type: 'integer', restart_required: true, min: 1, max: 9 }),
    ).toEqual(expected);
    expect(readParameter({ name: 't', type: 'string', min_size: 3 })).toMatchObject({ min: null });
    expect(readParameter(null)).toBeNull();
  });
});
