"""Login with tokens of GitHub: Apache with mod_auth_openidc before Keystone, as docs/publishing-with-oidc.md says."""
import json
from pathlib import Path

import seed
from trouble import Trouble

GITHUB = 'https://token.actions.githubusercontent.com'
CONFIGURATION = Path(__file__).with_name('oidc.conf')
MAPPING = Path(__file__).with_name('oidc-mapping.json')
MODULES = (
    'mpm_event', 'authn_core', 'authz_core', 'authz_user', 'setenvif', 'headers', 'proxy', 'proxy_http', 'auth_openidc',
)
PROVIDER = '/OS-FEDERATION/identity_providers/github'


def configure_keystone():
    """Sections of Keystone's configuration."""
    return {
        'auth': {'methods': 'password,token,application_credential,openid'},
        'openid': {'remote_id_attribute': 'HTTP_OIDC_ISS'},
    }


def write_configuration(site):
    place = site.place('apache')
    place.mkdir(exist_ok=True)
    lines = [
        f'ServerRoot {place}', f'DefaultRuntimeDir {place}', f'PidFile {place}/apache.pid', 'Mutex posixsem',
        'ServerName 127.0.0.1', f'Listen 127.0.0.1:{site.ports["apache"]}', 'ErrorLog /dev/stderr', 'LogLevel warn',
        'ServerLimit 1', 'StartServers 1', 'ThreadsPerChild 25', 'MaxRequestWorkers 25', 'MinSpareThreads 5', 'MaxSpareThreads 25',
        *(f'LoadModule {name}_module /usr/lib/apache2/modules/mod_{name}.so' for name in MODULES),
        f'ProxyPass / http://127.0.0.1:{site.ports["keystone"]}/ retry=0',
        *([f'OIDCCABundlePath {site.oidc["ca"]}'] if site.oidc['ca'] else []),
    ]
    text = '\n'.join(lines) + '\n' + CONFIGURATION.read_text().replace(GITHUB, site.oidc['issuer'])
    (place / 'apache.conf').write_text(text)
    return text


def command(site):
    """Apache as a user that is none of this machine's: root would have to become one that may not read the stack."""
    user = ['unshare', '--user', '--map-user=1', '--map-group=1']
    return [*user, '/usr/sbin/apache2', '-f', str(site.place('apache') / 'apache.conf'), '-D', 'FOREGROUND'], {}


def provide(site):
    """Tells Keystone of GitHub, of the claims that it takes, and of what those may who have them."""
    admin = seed.Keystone(site, 'admin', 'admin')
    [role] = admin.ask('GET', '/roles?name=admin')['roles']
    project = admin.ensure('project', 'publisher')
    group = admin.ensure('group', 'image-publishers', domain_id='default')
    admin.ask('PUT', f'/projects/{project}/groups/{group}/roles/{role["id"]}')
    settle(admin, PROVIDER, 'identity_provider', {'enabled': True, 'remote_ids': [site.oidc['issuer']]},
           domain_id='default')
    rules = json.loads(MAPPING.read_text())
    settle(admin, '/OS-FEDERATION/mappings/github-actions', 'mapping', {'rules': rules})
    settle(admin, f'{PROVIDER}/protocols/openid', 'protocol', {'mapping_id': 'github-actions'})


def settle(admin, path, kind, value, **first):
    """PUT makes it, with what cannot be changed later; PATCH changes one that is there."""
    try:
        admin.ask('PUT', path, {kind: {**value, **first}})
    except Trouble:
        admin.ask('PATCH', path, {kind: value})


def write_cloud(site):
    """The entry of clouds.yaml, in which nothing is secret."""
    return seed.entry('github', 'v3oidcaccesstoken', {
        'auth_url': site.url('apache'), 'identity_provider': 'github', 'protocol': 'openid',
        'project_name': 'publisher', 'project_domain_id': 'default',
    })
