"""agent-proof DIRECTORY: proves over a real message bus that the guest agent of an instance is alive.
agent-proof --missing MANAGER: prints the Debian packages that it lacks for a datastore, one a line.

  DIRECTORY  private; holds request.json, and takes what this program writes
  MANAGER    mysql, mariadb or postgresql

Starts RabbitMQ (a node of its own) and Trove's conductor (a database of its own) on loopback, makes an instance,
and prints what to inject into its guest. Then it calls the guest agent as Trove's task manager does. request.json:
  datastore        {manager, version, image}: image is its container image without tag
  isEmbedded       that image is in the guest: prepare has to end in a healthy database; else in a recorded failure
  owner            {user, group} of what is injected
  brokerAddress    ADDRESS:PORT at which the guest reaches the bus
  databasePort     port of the datastore in the guest
  aliveSeconds, preparedSeconds  limits after power-on
  querySeconds     limit of the question to a healthy database
  seconds          limit of all

Lines of JSON on stdout, each with an event:
  ready   {instance: {id, tenantId}, injection: {files, userData, renderedBy}, brokerPort, databasePort}: what Trove
          injects, and ports of 127.0.0.1 for the guest: the bus, and one to be led to the guest's database
  check   {id, expected, found, ok, seconds, said}: seconds after power-on; said is what found is a line of
  status  {status, seconds}: what the conductor has recorded
  failed  {code, message}: why there can be no proof, the last line. Codes: bus-failed, conductor-failed
The file DIRECTORY/power-on says that the guest has started, DIRECTORY/stop that all is to end. It ends with its
standard input, too. Run it as the first process of a process namespace: everything ends with it.
"""
import importlib.util
import json
import os
import sys
import time
import _thread
from pathlib import Path

import bus as broker
import control as plane

START_SECONDS = 90


class Failure(Exception):
    def __init__(self, code, message):
        super().__init__(message)
        self.code = code


def tell(event, **values):
    print(json.dumps({'event': event, **values}), flush=True)


def watch(directory, seconds):
    """Ends this process, and so all others, when it is told to, when nobody listens any more, or when time is over."""
    until = time.monotonic() + seconds
    os.set_blocking(0, False)
    # as they are now: Trove replaces them by ones that wait for other green threads
    read, sleep = os.read, time.sleep

    def look():
        while time.monotonic() < until and not (directory / 'stop').exists():
            try:
                if read(0, 4096) == b'':
                    break
            except BlockingIOError:
                pass
            sleep(0.2)
        os._exit(0)
    # a real thread, for the same reason
    _thread.start_new_thread(look, ())


def list_missing(manager):
    modules = {'trove': 'python3-trove', **({'psycopg2': 'python3-psycopg2'} if manager == 'postgresql' else {})}
    server = [] if Path(broker.SERVER).exists() else ['rabbitmq-server']
    return server + [package for name, package in modules.items() if not has_module(name)]


def has_module(name):
    """A directory that a removed package has left counts as a module without a file."""
    spec = importlib.util.find_spec(name)
    return spec is not None and spec.origin is not None


def start(directory, request):
    """Broker, database and conductor, all ready; the control plane."""
    bus = broker.Bus(directory)
    bus.start()
    control = plane.Control(plane.write_configuration(directory, bus, request))
    wait(bus.answers, bus, 'bus-failed', 'RabbitMQ')
    control.start_conductor()
    wait(lambda: bus.has_consumer(plane.QUEUE), control, 'conductor-failed', 'trove-conductor')
    return bus, control


def wait(is_ready, service, code, name):
    until = time.monotonic() + START_SECONDS
    while not is_ready():
        if service.process.poll() is not None or time.monotonic() > until:
            said = '\n'.join(service.log.read_text(errors='replace').strip().splitlines()[-5:])
            raise Failure(code, f'{name} did not start: {said or "it said nothing"}')
        time.sleep(0.2)


def main(directory):
    request = json.loads((directory / 'request.json').read_text())
    watch(directory, request['seconds'])
    bus, control = start(directory, request)
    control.make_instance(request['datastore'])
    if request['isEmbedded']:
        control.cast_prepare()
    [database_port] = broker.choose_ports(1)
    tell('ready', instance={'id': control.id, 'tenantId': plane.TENANT}, injection=control.inject(),
         brokerPort=bus.port, databasePort=database_port)
    while not (directory / 'power-on').exists():
        time.sleep(0.1)
    import proof
    proof.Proof(control, request, database_port, tell).run()


if sys.argv[1] == '--missing':
    print(*list_missing(sys.argv[2]), sep='\n')
    sys.exit()
try:
    main(Path(sys.argv[1]))
except Failure as failure:
    tell('failed', code=failure.code, message=str(failure))
    os._exit(1)
# Trove's libraries have threads that would go on
os._exit(0)
