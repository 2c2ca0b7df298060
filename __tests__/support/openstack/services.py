"""The services of a stack: how each is configured and started, and how it says that it is ready."""
import hashlib
import http.client
from dataclasses import dataclass
from pathlib import Path

import broker
import federation

CONTROL = ('keystone', 'glance', 'trove')
ALL = ('rabbitmq', *CONTROL, 'conductor', 'apache')
PORTS = ('keystone', 'glance', 'trove', 'rabbitmq', 'rabbitmq-nodes', 'rabbitmq-names', 'apache')


@dataclass(frozen=True)
class Site:
    """What the services of one stack share."""
    directory: Path
    data: Path
    ports: dict
    secrets: dict
    bus: bool
    # issuer of tokens, and the file with its certificate authority; None: no login with them
    oidc: dict | None
    settings: dict

    def url(self, name):
        paths = {'keystone': '/v3', 'apache': '/v3', 'trove': '/v1.0/%(project_id)s'}
        return f'http://127.0.0.1:{self.ports[name]}{paths.get(name, "")}'

    def place(self, name):
        return self.directory / name


def choose(bus, oidc):
    """The services of a stack."""
    left_out = ((() if bus else ('rabbitmq', 'conductor')) + (() if oidc else ('apache',)))
    return tuple(name for name in ALL if name not in left_out)


def configure(site, name):
    """Sections of the configuration of a service, with the settings that the user gave."""
    known = {'keystone': configure_keystone, 'glance': configure_glance, 'trove': configure_trove}
    sections = {**known[name](site), 'oslo_policy': {'policy_file': site.place(name) / 'policy.yaml'}}
    for section, values in site.settings.get(name, {}).items():
        sections[section] = {**sections.get(section, {}), **values}
    return sections


def configure_keystone(site):
    # the keys of receipts are those of tokens: one directory less; few rounds: a login costs milliseconds, not 250
    keys = {'key_repository': site.data / 'fernet'}
    return {
        'DEFAULT': {'public_endpoint': f'http://127.0.0.1:{site.ports["keystone"]}/', 'insecure_debug': True},
        'database': connect(site, 'keystone'),
        'fernet_tokens': keys,
        'fernet_receipts': keys,
        'credential': {'key_repository': site.data / 'credential'},
        'cache': {'enabled': True, 'backend': 'dogpile.cache.memory'},
        'identity': {'password_hash_rounds': 4},
        **(federation.configure_keystone() if site.oidc else {}),
    }


def configure_glance(site):
    place, port = site.place('glance'), site.ports['glance']
    return {
        'DEFAULT': {
            'bind_host': '127.0.0.1', 'bind_port': port, 'workers': 0,
            'worker_self_reference_url': f'http://127.0.0.1:{port}',
            'show_multiple_locations': False, 'enabled_backends': 'files:file',
            'enabled_import_methods': '[glance-direct]',
        },
        'database': connect(site, 'glance'),
        'glance_store': {'default_backend': 'files'},
        'files': {'filesystem_store_datadir': place / 'images'},
        'os_glance_staging_store': {'filesystem_store_datadir': place / 'staging'},
        'os_glance_tasks_store': {'filesystem_store_datadir': place / 'tasks'},
        'paste_deploy': {'flavor': 'keystone', 'config_file': site.data / 'glance-api-paste.ini'},
        'oslo_concurrency': {'lock_path': place / 'locks'},
        'keystone_authtoken': login(site, 'glance'),
    }


def configure_trove(site):
    rates = ('http_get_rate', 'http_post_rate', 'http_delete_rate', 'http_put_rate', 'http_mgmt_post_rate')
    broker_url = f'rabbit://{broker.USER}:{site.secrets["rabbitmq"]}@127.0.0.1:{site.ports["rabbitmq"]}/'
    return {
        'DEFAULT': {
            'bind_host': '127.0.0.1', 'bind_port': site.ports['trove'], 'trove_api_workers': 1,
            'trove_conductor_workers': 1, 'api_paste_config': site.data / 'api-paste.ini',
            'admin_roles': 'admin', 'os_region_name': 'RegionOne', 'control_exchange': 'trove',
            'transport_url': broker_url if site.bus else 'fake://',
            'taskmanager_rpc_encr_key': site.secrets['trove-tasks'],
            'inst_rpc_key_encr_key': site.secrets['trove-instances'],
            # tests poll; the default is 200 a minute
            **{rate: 1_000_000 for rate in rates},
        },
        'database': connect(site, 'trove'),
        'keystone_authtoken': login(site, 'trove'),
        'service_credentials': {**login(site, 'trove'), 'region_name': 'RegionOne'},
        'oslo_concurrency': {'lock_path': site.place('trove') / 'locks'},
    }


def connect(site, name):
    # nothing here has to survive the machine
    return {'connection': f'sqlite:///{site.data}/{name}.sqlite', 'sqlite_synchronous': False}


def login(site, name):
    return {
        'www_authenticate_uri': site.url('keystone'), 'auth_url': site.url('keystone'), 'auth_type': 'password',
        'username': name, 'password': site.secrets[name], 'project_name': 'service',
        'user_domain_id': 'default', 'project_domain_id': 'default',
    }


def write_configuration(site, name):
    """Puts the files of a service in place; the digest of all that it is started with."""
    if name == 'rabbitmq':
        return digest(broker.write_configuration(site))
    if name == 'apache':
        return digest(federation.write_configuration(site))
    place = site.place(name)
    folders = ('images', 'staging', 'tasks', 'locks') if name == 'glance' else ('locks',)
    for folder in folders:
        (place / folder).mkdir(parents=True, exist_ok=True)
    if name == 'conductor':
        # reads the file of the API
        return digest(render(configure(site, 'trove')))
    text = render(configure(site, name))
    (place / f'{name}.conf').write_text(text)
    (place / 'policy.yaml').write_text('{}\n')
    return digest(text)


def render(sections):
    """As oslo.config reads it: a dollar begins a reference unless it is doubled."""
    return ''.join(
        f'[{section}]\n' + ''.join(f'{key} = {str(value).replace("$", "$$")}\n' for key, value in values.items())
        for section, values in sections.items()
    )


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def command(site, name):
    """How a service is started: its words, and its environment."""
    file = str(site.place(name) / f'{name}.conf')
    port = str(site.ports.get(name, ''))
    return {
        'keystone': lambda: (
            ['/usr/bin/python3', '/usr/bin/keystone-wsgi-public', '--host', '127.0.0.1', '--port', port],
            {'OS_KEYSTONE_CONFIG_DIR': str(site.place(name)), 'OS_KEYSTONE_CONFIG_FILES': 'keystone.conf'},
        ),
        # Debian has it in a package that would start a service
        'glance': lambda: (
            ['/usr/bin/python3', '-c', 'from glance.cmd.api import main; main()', '--config-file', file], {},
        ),
        'trove': lambda: (['/usr/bin/trove-api', '--config-file', file], {}),
        'conductor': lambda: (
            ['/usr/bin/trove-conductor', '--config-file', str(site.place('trove') / 'trove.conf')], {},
        ),
        'rabbitmq': lambda: broker.command(site),
        'apache': lambda: federation.command(site),
    }[name]()


def is_ready(site, name):
    if name == 'rabbitmq':
        return broker.answers(site)
    if name == 'conductor':
        return broker.has_consumer(site, 'trove-conductor')
    path = {'keystone': '/v3', 'apache': '/v3', 'glance': '/healthcheck', 'trove': '/'}[name]
    connection = http.client.HTTPConnection('127.0.0.1', site.ports[name], timeout=5)
    try:
        connection.request('GET', path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
