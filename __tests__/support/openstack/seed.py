"""Who and what Keystone knows: projects, users, roles, services and where they are, one application credential."""
import http.client
import json

from trouble import Trouble

INTERFACES = ('public', 'internal', 'admin')
CREDENTIAL = 'publisher'


class Keystone:
    """One login, for as long as the seeding takes."""

    def __init__(self, site, user, project):
        self.port, self.token = site.ports['keystone'], None
        scope = {'project': {'name': project, 'domain': {'id': 'default'}}}
        who = {'user': {'name': user, 'password': site.secrets[user], 'domain': {'id': 'default'}}}
        answer = self.ask('POST', '/auth/tokens', {
            'auth': {'identity': {'methods': ['password'], 'password': who}, 'scope': scope},
        })
        self.user = answer['token']['user']['id']

    def ask(self, method, path, body=None):
        connection = http.client.HTTPConnection('127.0.0.1', self.port, timeout=30)
        headers = {'Content-Type': 'application/json', **({'X-Auth-Token': self.token} if self.token else {})}
        try:
            connection.request(method, f'/v3{path}', json.dumps(body) if body else None, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        if answer.status >= 300:
            raise Trouble(f'Keystone answers {answer.status} to {method} {path}: {text[:300]}')
        self.token = answer.headers.get('X-Subject-Token', self.token)
        return json.loads(text) if text else {}

    def ensure(self, kind, name, **more):
        """The id of the thing of a kind with this name, which is made if it is not there."""
        found = self.ask('GET', f'/{kind}s?name={name}')[f'{kind}s']
        return (found or [self.ask('POST', f'/{kind}s', {kind: {'name': name, **more}})[kind]])[0]['id']

    def grant(self, project, user, role):
        self.ask('PUT', f'/projects/{project}/users/{user}/roles/{role}')


def fill(site):
    """Can be run again after any cut. Returns what clouds.yaml needs beside the passwords."""
    admin = Keystone(site, 'admin', 'admin')
    roles = {role['name']: role['id'] for role in admin.ask('GET', '/roles')['roles']}
    rows = (
        ('service', 'glance', 'admin'), ('service', 'trove', 'admin'),
        ('publisher', 'publisher', 'admin'), ('member', 'member', 'member'),
    )
    for project_name, user_name, role in rows:
        project = admin.ensure('project', project_name, domain_id='default')
        user = admin.ensure('user', user_name, domain_id='default', password=site.secrets[user_name])
        admin.grant(project, user, roles[role])
    for name, kind in (('glance', 'image'), ('trove', 'database')):
        admin.ensure('service', name, type=kind)
    point(site, admin)
    return {'credential': make_credential(site), 'ports': site.ports}


def point(site, admin):
    """Makes the endpoints name the ports of this stack."""
    names = {service['id']: service['name'] for service in admin.ask('GET', '/services')['services']}
    there = {(row['service_id'], row['interface']): row for row in admin.ask('GET', '/endpoints')['endpoints']}
    for service, name in names.items():
        for interface in INTERFACES:
            wanted = {'url': site.url(name)}
            row = there.get((service, interface))
            if row is None:
                more = {'service_id': service, 'interface': interface, 'region_id': 'RegionOne'}
                admin.ask('POST', '/endpoints', {'endpoint': {**wanted, **more}})
            elif row['url'] != wanted['url']:
                admin.ask('PATCH', f'/endpoints/{row["id"]}', {'endpoint': wanted})


def make_credential(site):
    """Its secret is told once: one whose secret was lost in a cut is made again."""
    publisher = Keystone(site, 'publisher', 'publisher')
    path = f'/users/{publisher.user}/application_credentials'
    for old in publisher.ask('GET', f'{path}?name={CREDENTIAL}')['application_credentials']:
        publisher.ask('DELETE', f'{path}/{old["id"]}')
    made = publisher.ask('POST', path, {'application_credential': {'name': CREDENTIAL}})['application_credential']
    return {'id': made['id'], 'secret': made['secret']}


def write_clouds(site, seed):
    """clouds.yaml as the official client reads it."""
    url, credential = site.url('keystone'), seed['credential']
    text = 'clouds:\n'
    for name in ('admin', 'member'):
        text += entry(name, 'password', {
            'auth_url': url, 'username': name, 'password': site.secrets[name], 'project_name': name,
            'user_domain_id': 'default', 'project_domain_id': 'default',
        })
    return text + entry('publisher', 'v3applicationcredential', {
        'auth_url': url, 'application_credential_id': credential['id'],
        'application_credential_secret': credential['secret'],
    })


def entry(name, auth_type, auth):
    lines = [f'  {name}:', '    region_name: RegionOne', '    interface: public', '    identity_api_version: 3']
    lines += [f'    auth_type: {auth_type}', '    auth:']
    lines += [f'      {key}: {json.dumps(value)}' for key, value in auth.items()]
    return ''.join(f'{line}\n' for line in lines)
