"""RabbitMQ for one stack: a node of its own on loopback, with its names, its user and its files in the stack."""

USER = 'trove'


def write_configuration(site):
    place = site.place('rabbitmq')
    for folder in ('mnesia', 'log'):
        (place / folder).mkdir(parents=True, exist_ok=True)
    text = (
        f'listeners.tcp.default = 127.0.0.1:{site.ports["rabbitmq"]}\n'
        f'default_user = {USER}\n'
        f'default_pass = {site.secrets["rabbitmq"]}\n'
    )
    (place / 'rabbitmq.conf').write_text(text)
    (place / 'enabled_plugins').write_text('[].\n')
    return text


def command(site):
    place, ports = site.place('rabbitmq'), site.ports
    return ['/usr/lib/rabbitmq/bin/rabbitmq-server'], {
        # no shell in between that would wait for it
        'RUNNING_UNDER_SYSTEMD': '1',
        'ERL_EPMD_ADDRESS': '127.0.0.1', 'ERL_EPMD_PORT': str(ports['rabbitmq-names']),
        'RABBITMQ_NODENAME': 'trove@localhost', 'RABBITMQ_DIST_PORT': str(ports['rabbitmq-nodes']),
        'RABBITMQ_MNESIA_BASE': str(place / 'mnesia'), 'RABBITMQ_LOG_BASE': str(place / 'log'),
        'RABBITMQ_CONFIG_FILE': str(place / 'rabbitmq.conf'), 'RABBITMQ_CONF_ENV_FILE': '/dev/null',
        'RABBITMQ_ENABLED_PLUGINS_FILE': str(place / 'enabled_plugins'),
        'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': '-kernel inet_dist_use_interface {127,0,0,1} +S 1:1 +sbwt none',
    }


def connect(site):
    # comes with python3-trove, which may have to be installed first
    import amqp
    return amqp.Connection(
        f'127.0.0.1:{site.ports["rabbitmq"]}', USER, site.secrets['rabbitmq'], connect_timeout=2, read_timeout=5,
    )


def answers(site):
    """Whether it takes the login, which it does when all of it has started."""
    return ask(site, lambda channel: True)


def has_consumer(site, queue):
    """Whether somebody reads from a queue."""
    return ask(site, lambda channel: channel.queue_declare(queue, passive=True).consumer_count > 0)


def ask(site, question):
    from amqp.exceptions import AMQPError
    try:
        with connect(site) as connection:
            return question(connection.channel())
    except (OSError, AMQPError):
        return False
