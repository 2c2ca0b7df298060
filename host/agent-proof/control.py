"""The control plane of one instance: Trove's own database, conductor and calls to the guest agent."""
import secrets
import sqlite3
import subprocess
import sys
import types
import warnings

CONDUCTOR = 'from trove.cmd.conductor import main; main()'
QUEUE = 'trove-conductor'
TENANT = '7' * 32
MEMORY_MB = 2048


def write_configuration(directory, bus, request):
    """trove.conf of the control plane, and the trove-guestagent.conf that Trove injects."""
    place = directory / 'trove'
    (place / 'locks').mkdir(parents=True)
    own = render({
        'DEFAULT': {
            'transport_url': bus.url(f'127.0.0.1:{bus.port}'), 'control_exchange': 'trove',
            'trove_conductor_workers': 1, 'conductor_queue': QUEUE,
            'inst_rpc_key_encr_key': secrets.token_hex(16), 'taskmanager_rpc_encr_key': secrets.token_hex(16),
            'guest_config': place / 'trove-guestagent.conf',
            'injected_config_owner': request['owner']['user'], 'injected_config_group': request['owner']['group'],
            'log_file': place / 'trove.log', 'use_stderr': False,
        },
        # nothing here has to survive the machine
        'database': {'connection': f'sqlite:///{place}/trove.sqlite', 'sqlite_synchronous': False},
        'oslo_concurrency': {'lock_path': place / 'locks'},
        'profiler': {'enabled': False},
    })
    (place / 'trove.conf').write_text(own)
    datastore = request['datastore']
    (place / 'trove-guestagent.conf').write_text(render({
        'DEFAULT': {
            'transport_url': bus.url(request['brokerAddress']), 'control_exchange': 'trove',
            'log_dir': '/var/log/trove', 'log_file': 'trove-guestagent.log', 'use_stderr': False,
            'state_change_wait_time': 600, 'command_process_timeout': 300,
        },
        datastore['manager']: {'docker_image': datastore['image']},
    }))
    return place


def render(sections):
    """As oslo.config reads it: a dollar begins a reference unless it is doubled."""
    return ''.join(
        f'[{section}]\n' + ''.join(f'{key} = {str(value).replace("$", "$$")}\n' for key, value in values.items())
        for section, values in sections.items()
    )


class Control:
    """Trove's libraries, with their database. One a process: they keep their state in modules."""

    def __init__(self, place):
        self.place = place
        file = str(place / 'trove.conf')
        warnings.filterwarnings('ignore')
        # Trove reads its configuration from the words of the program
        sys.argv = ['trove-image', '--config-file', file]
        from trove.cmd.common import initialize
        from trove.common import cfg
        from trove.db import get_db_api
        cfg.parse_args(sys.argv)
        # it reads the tables that it is about to map
        get_db_api().db_sync(cfg.CONF)
        self.conf = initialize()

    def start_conductor(self):
        self.log = self.place / 'conductor.log'
        output = open(self.log, 'ab')
        self.process = subprocess.Popen(
            ['/usr/bin/python3', '-I', '-B', '-c', CONDUCTOR, '--config-file', str(self.place / 'trove.conf')],
            cwd=self.place, env={'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8'},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )

    def make_instance(self, datastore):
        """Writes down what Trove's API and task manager do when an instance is created."""
        from trove.datastore import models as datastores
        from trove.instance import models, service_status, tasks
        name, version = datastore['manager'], datastore['version']
        datastores.update_datastore(name, None)
        datastores.update_datastore_version(
            name, version, manager=name, image_id='', image_tags='trove', packages='', active=True, version=version)
        self.version = datastores.DatastoreVersion.load(datastores.Datastore.load(name), version)
        instance = models.DBInstance.create(
            task_status=tasks.InstanceTasks.NONE, name='trove-image', hostname='trove-image', flavor_id='1',
            volume_size=1, tenant_id=TENANT, datastore_version_id=self.version.id)
        models.InstanceServiceStatus.create(instance_id=instance.id, status=service_status.ServiceStatuses.NEW)
        self.id, self.datastore = instance.id, datastore
        self.connect()

    def inject(self):
        """What the task manager hands to Nova: files by path, and the user data that carry them."""
        from trove.instance import models
        # these methods ask for little of an instance, those of newer Troves for more
        instance = types.SimpleNamespace(
            id=self.id, tenant_id=TENANT, addresses=None, datastore_registry_ext='', datastore_repl_strategy='',
            db_info=types.SimpleNamespace(ssl_mode='disabled'))
        base = models.BaseInstance
        files = base.get_injected_files(instance, self.datastore['manager'], self.datastore['version'])
        return {'files': files, 'userData': base.prepare_cloud_config(instance, files), 'renderedBy': 'trove'}

    def connect(self):
        from trove.common.context import TroveContext
        from trove.guestagent.api import API
        self.context = TroveContext(user='trove-image', project_id=TENANT, is_admin=True)
        self.api = API(self.context, self.id)

    def announce(self, kind):
        """What a call is part of, which the agent tells the conductor the end of: a kind of trove.common.notification."""
        from trove.common import notification
        self.context.notification = getattr(notification, kind)(
            self.context, request_id='trove-image', tenant_id=TENANT, client_ip='127.0.0.1', server_ip='127.0.0.1',
            server_type='guest', instance_id=self.id)

    def cast_prepare(self):
        """The first call that a task manager makes; it waits in the guest's queue."""
        self.announce('DBaaSInstanceCreate')
        from trove.common.template import SingleInstanceConfigTemplate
        contents = SingleInstanceConfigTemplate(self.version, {'ram': MEMORY_MB // 4, 'vcpus': 1}, self.id).render()
        self.api.prepare(
            config_contents=contents, memory_mb=MEMORY_MB // 4, packages='', databases=[], users=[], device_path=None,
            mount_point=self.conf.get(self.datastore['manager']).mount_point, root_password=None,
            ds_version=self.datastore['version'])

    def call(self, method, seconds, **arguments):
        """Answer of the guest agent; raises what it, or the way to it, says."""
        return self.api._call(method, seconds, version=self.api.API_BASE_VERSION, **arguments)

    def read_status(self):
        """What the conductor has recorded last of the instance."""
        rows = self.read('select status_description from service_statuses where instance_id = ?')
        return rows[0][0] if rows else ''

    def read_fault(self):
        """Message and details of what the agent has reported last."""
        rows = self.read('select message, details from instance_faults where instance_id = ? order by created')
        return rows[-1] if rows else ('', '')

    def read(self, query):
        """Past the sessions of Trove's libraries, which see a state of their own."""
        database = sqlite3.connect(f'file:{self.place}/trove.sqlite?mode=ro', uri=True, timeout=30)
        try:
            return database.execute(query, (self.id,)).fetchall()
        finally:
            database.close()
