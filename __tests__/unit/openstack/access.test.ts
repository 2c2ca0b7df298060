import { describe, expect, it } from '@jest/globals';
import {
  listConfiguredSecrets,
  listYamlSecrets,
  needsNoLogin,
  readAccess,
} from '../../../src/core/openstack/access.ts';
import { secretName } from '../../../src/model/secrets.ts';
import {
  bareConfiguration,
  catalogOfTwoRegions,
  credentialConfiguration,
  issuedToken,
  passwordConfiguration,
} from '../support/client-answers.ts';
import { problemsOf } from '../support/inputs.ts';

const read = (settings: object, more: object = {}) =>
  readAccess('publisher', {
    configuration: { ...passwordConfiguration, ...settings },
    token: issuedToken,
    catalog: catalogOfTwoRegions,
    ...more,
  });

describe('the access to a cloud', () => {
  it('comes from what the client says of configuration, token and catalog', () => {
    expect(read({})).toEqual({
      cloud: 'publisher',
      projectId: issuedToken.project_id,
      token: 'gAAAAABn-a-token',
      expiresAtMs: Date.UTC(2026, 10, 25, 17, 58, 22),
      glanceUrl: 'http://glance.example:9292/v2',
      troveUrl: `http://trove.example:8779/v1.0/${issuedToken.project_id}`,
      novaUrl: '',
      tls: { verify: true, caPath: '', certPath: '', keyPath: '' },
    });
  });

  const project = issuedToken.project_id;
  it.each<[string, object, string]>([
    [
      'the region that is configured',
      { region_name: 'RegionTwo' },
      'http://glance-two.example:9292/v2',
    ],
    ['the interface', { interface: 'internal' }, 'http://glance-internal.example:9292/v2'],
    [
      'the old word for it',
      { interface: '', endpoint_type: 'adminURL' },
      'http://glance-admin.example:9292/v2',
    ],
    ['the old form of it', { interface: 'internalURL' }, 'http://glance-internal.example:9292/v2'],
    [
      'an override',
      { image_endpoint_override: 'https://own.example/image/' },
      'https://own.example/image/v2',
    ],
    [
      'an override with a version',
      { image_endpoint_override: 'https://own.example/v2.9' },
      'https://own.example/v2',
    ],
    ['the older key of it', { image_endpoint: 'https://own.example/v1' }, 'https://own.example/v2'],
    [
      'an override with the project',
      { image_endpoint_override: 'https://own.example/%(project_id)s/v2' },
      `https://own.example/${project}/v2`,
    ],
    [
      'the older name of the project',
      { image_endpoint_override: 'https://own.example/$(tenant_id)s' },
      `https://own.example/${project}/v2`,
    ],
  ])('has the Glance of %s', (_, settings, url) => {
    expect(read(settings).glanceUrl).toBe(url);
  });

  it('has the Trove of an override, with the project filled in', () => {
    const settings = { database_endpoint_override: 'http://own.example:8779/v1.0/%(project_id)s/' };
    expect(read(settings).troveUrl).toBe(`http://own.example:8779/v1.0/${project}`);
  });

  it('has no Trove and no Nova where the region has none', () => {
    expect(read({ region_name: 'RegionTwo' })).toMatchObject({ troveUrl: '', novaUrl: '' });
  });

  it('has the Nova of the catalog', () => {
    const nova = { interface: 'public', region: 'RegionOne', url: 'http://nova.example/v2.1/' };
    const catalog = [...catalogOfTwoRegions, { Type: 'compute', Endpoints: [nova] }];
    expect(read({}, { catalog }).novaUrl).toBe('http://nova.example/v2.1');
  });

  it.each<[object, object]>([
    [{ verify: false }, { verify: false }],
    [{ insecure: true }, { verify: false }],
    [{ cacert: '/etc/ca.pem' }, { verify: true, caPath: '/etc/ca.pem' }],
    [
      { cert: '/c.pem', key: '/k.pem' },
      { certPath: '/c.pem', keyPath: '/k.pem' },
    ],
  ])('has the TLS settings %j as %j', (settings, tls) => {
    expect(read(settings).tls).toMatchObject(tls);
  });

  it('does not end when the token does not say when it does', () => {
    expect(read({}, { token: { id: 'x' } })).toMatchObject({ expiresAtMs: null, projectId: '' });
  });

  it.each<[string, object, object, string]>([
    [
      'another region',
      { region_name: 'RegionThree' },
      {},
      'in region RegionThree, interface public.',
    ],
    [
      'another interface',
      { region_name: 'RegionTwo', interface: 'internal' },
      {},
      'in region RegionTwo, interface internal.',
    ],
    ['no project in the login', {}, { catalog: [] }, 'for this login, interface public.'],
    [
      'a catalog that is none',
      {},
      { catalog: { Type: 'image' } },
      'for this login, interface public.',
    ],
  ])('is none with %s, and the message says where', (_, settings, more, where) => {
    expect(problemsOf(() => read(settings, more))).toMatchObject([
      { code: 'no-glance', message: expect.stringContaining(where) },
    ]);
  });
});

describe('a cloud without a login', () => {
  it.each([
    ['none', true],
    ['noauth', true],
    ['password', false],
    ['admin_token', false],
    [undefined, false],
  ])('is one of auth_type %j: %j', (auth_type, is) => {
    expect(needsNoLogin({ auth_type })).toBe(is);
  });

  it.each<[object, string]>([
    [bareConfiguration, 'http://127.0.0.1:9292/v2'],
    [
      { auth_type: 'none', 'auth.endpoint': 'http://127.0.0.1:9292/v2' },
      'http://127.0.0.1:9292/v2',
    ],
    [
      { ...bareConfiguration, image_endpoint_override: 'http://127.0.0.1:9/' },
      'http://127.0.0.1:9/v2',
    ],
  ])('has the Glance of its endpoint: %j', (configuration, glanceUrl) => {
    const access = readAccess('alone', { configuration, token: null, catalog: null });
    expect(access).toMatchObject({ glanceUrl, token: '', projectId: '', expiresAtMs: null });
  });

  it('has none without an endpoint, whatever the configuration is', () => {
    for (const configuration of [null, [], 'text', { auth_type: 'none' }, { endpoint: 7 }]) {
      const call = () => readAccess('alone', { configuration, token: null, catalog: null });
      expect(problemsOf(call)).toMatchObject([{ code: 'no-glance' }]);
    }
  });

  it('is not taken for one where there is a login: an endpoint of Keystone is no Glance', () => {
    const settings = { endpoint: 'http://keystone.example' };
    expect(problemsOf(() => read(settings, { catalog: [] }))).toMatchObject([
      { code: 'no-glance' },
    ]);
  });
});

describe('secrets of a cloud', () => {
  it('are those that the client shows, and nothing that only names or places one', () => {
    const configuration = {
      ...credentialConfiguration,
      'auth.access_token': 'an-access-token',
      'auth.access_token_endpoint': 'http://idp.example/token',
      'auth.access_token_type': 'bearer',
      'auth.token': null,
      token_ttl: 7,
    };
    expect(listConfiguredSecrets(configuration, secretName)).toEqual([
      '<redacted>',
      'n0t-a-real-secret',
      'an-access-token',
    ]);
  });

  it.each<[string, readonly string[]]>([
    ['password: geheim', ['geheim']],
    ["      password: 'a b: c'  ", ['a b: c']],
    ['  - token: "x#y"', ['x#y']],
    ['"password": geheim', ['geheim']],
    ['application_credential_secret: geheim\r\nauth_url: http://k.example', ['geheim']],
    ['password: geheim # of the robot', ['geheim']],
    ['password: "ge heim" # of the robot', ['ge heim']],
    ['password: ge#heim', ['ge#heim']],
    ['application_credential_id: 5f2c', []],
    ['application_credential_name: robot', []],
    ['access_token_type: bearer', []],
    ['password:', []],
    ['password: ""', []],
    ['# password: geheim', []],
    ['just words about a password', []],
    ['', []],
  ])('of a clouds.yaml are taken from lines: %j', (text, secrets) => {
    expect(listYamlSecrets(text, secretName)).toEqual(secrets);
  });

  it('of a clouds.yaml on one line are found, too', () => {
    const text = '    auth: {auth_url: "http://k.example", password: geheim, user_name: robot}';
    expect(listYamlSecrets(text, secretName)).toEqual(['geheim']);
  });
});
