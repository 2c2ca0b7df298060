import { describe, expect, it } from '@jest/globals';
import {
  describeNewVersion,
  describeParameter,
  describeVersionChanges,
  parameterPath,
  parametersPath,
  versionPath,
} from '../../../src/core/openstack/versions.ts';
import { mysql } from '../../support/publish-wishes.ts';

describe('a new datastore version', () => {
  const common = {
    ...{ datastore_name: 'mysql', datastore_manager: 'mysql', name: '8.4', version: '8.4' },
    ...{ active: true, default: true },
  };

  it('names tags, or the image, never both: an id wins over tags in Trove', () => {
    expect(describeNewVersion(mysql, 'a1')).toEqual({
      version: { ...common, image_tags: ['trove', 'mysql'] },
    });
    expect(describeNewVersion({ ...mysql, find: 'id' }, 'a1')).toEqual({
      version: { ...common, image: 'a1' },
    });
  });
});

describe('the changes of a datastore version', () => {
  it.each([
    [{}, {}],
    [{ manager: 'mariadb' }, { datastore_manager: 'mariadb' }],
    [{ imageId: 'a1' }, { image: 'a1' }],
    [{ tags: ['a'] }, { image_tags: ['a'] }],
    [
      { active: false, isDefault: false },
      { active: false, default: false },
    ],
    [
      { isDefault: true, active: true },
      { active: true, default: true },
    ],
  ])('%j are %j: what is not named stays', (changes, body) => {
    expect(describeVersionChanges(changes)).toEqual(body);
  });
});

describe('a configuration parameter', () => {
  const text = { name: 'x', type: 'string', restartRequired: false, min: null, max: null };
  it.each([
    [text, { name: 'x', data_type: 'string', restart_required: 0 }],
    [
      { ...text, type: 'integer', restartRequired: true, min: 0, max: 9 },
      { name: 'x', data_type: 'integer', restart_required: 1, min_size: 0, max_size: 9 },
    ],
  ])('%j is written as Trove takes it', (parameter, body) => {
    expect(describeParameter(parameter)).toEqual({ 'configuration-parameter': body });
  });
});

it('paths hold ids and names as one word, whatever they are', () => {
  expect(versionPath('a/b')).toBe('/mgmt/datastore-versions/a%2Fb');
  expect(parametersPath('a?b')).toBe('/mgmt/datastores/versions/a%3Fb/parameters');
  expect(parameterPath('a', 'x#y')).toBe('/mgmt/datastores/versions/a/parameters/x%23y');
});
