import { describe, expect, it } from '@jest/globals';
import { mergeLogins } from '../../../src/core/datastores/logins.ts';
import { problemsOf } from '../support/inputs.ts';

const authOf = (user: string, password: string): string =>
  Buffer.from(`${user}:${password}`).toString('base64');
const merge = (
  text: string | null,
  ...logins: { registry: string; user: string; password: string }[]
) => JSON.parse(mergeLogins('/home/stack/config.json', text, logins));

describe('the logins for skopeo', () => {
  it('are none without a file and lines', () => {
    expect(merge(null)).toEqual({ auths: {}, credHelpers: {} });
  });

  it('are those of the file and those of the lines, which win', () => {
    const file = {
      auths: {
        'https://index.docker.io/v1/': { auth: 'old' },
        'quay.io': { auth: 'kept' },
        'registry.example.org:5000': { auth: 'old' },
      },
      credHelpers: { 'registry.example.org:5000': 'helper', 'gcr.io': 'gcloud' },
      credsStore: 'desktop',
      HttpHeaders: {},
    };
    const logins = [
      { registry: 'docker.io', user: 'reader', password: 'päss:word' },
      { registry: 'registry.example.org:5000', user: 'reader', password: 'p' },
    ];
    expect(merge(JSON.stringify(file), ...logins)).toEqual({
      auths: {
        'quay.io': { auth: 'kept' },
        'docker.io': { auth: authOf('reader', 'päss:word') },
        'registry.example.org:5000': { auth: authOf('reader', 'p') },
      },
      credHelpers: { 'gcr.io': 'gcloud' },
    });
  });

  it.each([
    '',
    'secret',
    '[]',
    'null',
    '{"auths": "secret"}',
    '{"auths": [1]}',
    '{"credHelpers": 1}',
  ])('of a file that holds %j are refused, and what it holds is not shown', (text) => {
    const [problem] = problemsOf(() => mergeLogins('/home/stack/config.json', text, []));
    expect(problem).toMatchObject({ code: 'bad-auth-file' });
    expect(problem?.message).toContain('registry-auth-file: /home/stack/config.json');
    expect(JSON.stringify(problem)).not.toContain('secret');
  });

  it('never make a property of every object', () => {
    merge(null, { registry: '__proto__', user: 'a', password: 'b' });
    expect(Object.keys({})).toEqual([]);
    expect(({} as { auth?: string }).auth).toBeUndefined();
  });
});
