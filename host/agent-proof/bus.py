"""RabbitMQ for one proof: a node of its own on loopback, with its names, user, vhost and files in the directory."""
import random
import secrets
import socket
import subprocess

SERVER = '/usr/lib/rabbitmq/bin/rabbitmq-server'
VHOST = 'trove-image'
USER = 'trove-image'


class Bus:
    def __init__(self, directory):
        self.place = directory / 'rabbitmq'
        self.port, self.nodes_port, self.names_port = choose_ports(3)
        self.password = secrets.token_hex(16)

    def url(self, address):
        """transport_url for who reaches the bus at this address."""
        return f'rabbit://{USER}:{self.password}@{address}/{VHOST}'

    def start(self):
        """Starts it as a child; it answers some seconds later."""
        for folder in ('mnesia', 'log'):
            (self.place / folder).mkdir(parents=True)
        (self.place / 'rabbitmq.conf').write_text(
            f'listeners.tcp.default = 127.0.0.1:{self.port}\n'
            f'default_user = {USER}\ndefault_pass = {self.password}\ndefault_vhost = {VHOST}\n'
        )
        (self.place / 'enabled_plugins').write_text('[].\n')
        self.log = self.place / 'output.log'
        output = open(self.log, 'ab')
        self.process = subprocess.Popen(
            [SERVER], cwd=self.place, env=self.environment(),
            stdin=subprocess.DEVNULL, stdout=output, stderr=output,
        )

    def environment(self):
        return {
            'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'HOME': str(self.place),
            # no shell in between that would wait for it
            'RUNNING_UNDER_SYSTEMD': '1',
            'ERL_EPMD_ADDRESS': '127.0.0.1', 'ERL_EPMD_PORT': str(self.names_port),
            'RABBITMQ_NODENAME': 'trove-image@localhost', 'RABBITMQ_DIST_PORT': str(self.nodes_port),
            'RABBITMQ_MNESIA_BASE': str(self.place / 'mnesia'), 'RABBITMQ_LOG_BASE': str(self.place / 'log'),
            'RABBITMQ_CONFIG_FILE': str(self.place / 'rabbitmq.conf'), 'RABBITMQ_CONF_ENV_FILE': '/dev/null',
            'RABBITMQ_ENABLED_PLUGINS_FILE': str(self.place / 'enabled_plugins'),
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS':
                '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none',
        }

    def answers(self):
        """Whether it takes the login, which it does when all of it has started."""
        return self.ask(lambda channel: True)

    def has_consumer(self, queue):
        return self.ask(lambda channel: channel.queue_declare(queue, passive=True).consumer_count > 0)

    def ask(self, question):
        # comes with python3-trove
        import amqp
        try:
            with amqp.Connection(
                f'127.0.0.1:{self.port}', USER, self.password, virtual_host=VHOST, connect_timeout=2, read_timeout=5,
            ) as connection:
                return question(connection.channel())
        except (OSError, amqp.exceptions.AMQPError):
            return False


def choose_ports(count):
    """Below the range that the kernel gives to clients, so that none of them takes one in between."""
    free = (port for port in random.sample(range(20000, 32000), 500) if is_free(port))
    return [next(free) for _ in range(count)]


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True
