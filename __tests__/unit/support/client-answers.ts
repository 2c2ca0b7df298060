/** `configuration show` of python-openstackclient 6.0.0 for a cloud with a password: what does not matter is left out. */
export const passwordConfiguration = {
  additional_user_agent: [['osc-lib', '2.6.2']],
  api_timeout: null,
  'auth.auth_url': 'http://127.0.0.1:27600/v3',
  'auth.password': '<redacted>',
  'auth.project_domain_id': 'default',
  'auth.project_name': 'guests',
  'auth.user_domain_id': 'default',
  'auth.username': 'publisher',
  auth_type: 'password',
  beta_command: false,
  cacert: null,
  cert: null,
  cloud: 'publisher',
  database_api_version: '1',
  default_domain: 'default',
  disable_vendor_agent: {},
  interface: 'public',
  key: null,
  message: '',
  networks: [],
  region_name: '',
  verbose_level: 1,
  verify: true,
} as const;

/** The same for a cloud without a login, and for an application credential, whose secret the client shows. */
export const bareConfiguration = {
  auth_type: 'none',
  cacert: null,
  endpoint: 'http://127.0.0.1:9292/',
  interface: 'public',
  region_name: '',
  verify: true,
} as const;
export const credentialConfiguration = {
  ...passwordConfiguration,
  'auth.application_credential_id': '5f2c7f1f6d0e4b9c8f7a1b2c3d4e5f60',
  'auth.application_credential_secret': 'n0t-a-real-secret',
  auth_type: 'v3applicationcredential',
} as const;

export const issuedToken = {
  expires: '2026-11-25T17:58:22+0000',
  id: 'gAAAAABn-a-token',
  project_id: '40841ba2cf7b4bd1a8d3e3b0f5a7c9d1',
  user_id: '482cd0be14b24f0d9f3d4f6f0e0a1b2c',
} as const;

const endpoint = (region: string, name: string, url: string) => ({
  id: `${region}-${name}`,
  interface: name,
  region_id: region,
  url,
  region,
});

/** `catalog list`: all regions and interfaces, with the project filled in. */
export const catalogOfTwoRegions = [
  {
    Name: 'glance',
    Type: 'image',
    Endpoints: [
      endpoint('RegionOne', 'admin', 'http://glance-admin.example:9292'),
      endpoint('RegionOne', 'public', 'http://glance.example:9292'),
      endpoint('RegionOne', 'internal', 'http://glance-internal.example:9292'),
      endpoint('RegionTwo', 'public', 'http://glance-two.example:9292/v2/'),
    ],
  },
  {
    Name: 'trove',
    Type: 'database',
    Endpoints: [
      endpoint('RegionOne', 'public', `http://trove.example:8779/v1.0/${issuedToken.project_id}`),
    ],
  },
  { Name: 'keystone', Type: 'identity', Endpoints: [] },
] as const;

/** Texts as the client prints them, one after the other. */
export const printJson = (...values: readonly unknown[]): string =>
  values.map((value) => `${JSON.stringify(value, null, 2)}\n`).join('');
