"""up, down and status. Each looks at what is there first, so that it can be run again after any end of an earlier run."""
import random
import socket
import sys
import time
from dataclasses import replace

import databases
import federation
import packages
import processes
import seed
import services
import state
from trouble import Trouble

READY_SECONDS = 90


def install(options):
    """Just what up would install; the versions of what the stack is made of."""
    packages.check_machine()
    processes.check_namespaces()
    packages.tidy_policy()
    return packages.provide(options.bus, options.oidc)


def up(options):
    """Makes the stack be as the options say, and describes it."""
    state.check_name(options.state)
    versions = install(options)
    with state.locked(options.state):
        site = lay_out(options)
        kept = databases.locate_kept(versions)
        if not site.data.exists() and not options.cold:
            databases.take(kept, site.data)
        if not site.data.exists():
            say('Making the databases')
            databases.make(site)
        site = with_secrets(site)
        names = services.choose(options.bus, options.oidc)
        started = []
        try:
            start(site, names, started, read_record(site)['until'])
            ready(site, names)
            fresh = provide_seed(site)
        except BaseException:
            processes.end([site.place(name) for name in started])
            raise
        if fresh and not options.settings:
            databases.keep(site.data, kept)
        if options.oidc:
            federation.provide(site)
        return describe(site, read_record(site))


def down(options):
    """Ends what runs, and removes the stack, or keeps it for the next up."""
    state.check_name(options.state)
    packages.tidy_policy()
    if not options.state.exists():
        return
    with state.locked(options.state):
        processes.end([options.state / name for name in services.ALL])
        if not options.keep:
            state.remove(options.state)


def status(options):
    """What there is, without waiting for a run that is at work; None where there is no stack."""
    state.check_name(options.state)
    if not options.state.exists():
        return None
    state.check_owner(options.state)
    record = state.read_json(options.state / state.RECORD)
    return describe(with_secrets(make_site(options.state, record)), record) if record else None


def make_site(directory, record, bus=False, oidc=None, settings=None):
    return services.Site(directory, directory / 'data', record['ports'], {}, bus, oidc, settings or {})


def with_secrets(site):
    known = state.read_json(site.data / 'secrets.json') or {}
    return replace(site, secrets=known)


def read_record(site):
    return state.read_json(site.directory / state.RECORD)


def lay_out(options):
    """Decides on ports and the end of the stack, and remembers them. A port that somebody else took moves everything."""
    directory = options.state
    record = state.read_json(directory / state.RECORD) or {}
    running = [name for name in services.ALL if processes.find(directory / name)]
    ports = record.get('ports', {})
    # a stack of an earlier version knows fewer
    ports = {**choose_ports(), **ports} if ports else ports
    # names and nodes are ports of the broker too
    idle = [port for name, port in ports.items() if name.partition('-')[0] not in running]
    if not ports or not all(map(is_free, idle)):
        processes.end([directory / name for name in running])
        ports, running = choose_ports(), []
    until = record['until'] if running else time.time() + options.hours * 3600
    state.write_json(directory / state.RECORD, {'ports': ports, 'until': until})
    return make_site(directory, {'ports': ports}, options.bus, options.oidc, options.settings)


def choose_ports():
    """Below the range that the kernel gives to clients, so that none of them takes one in between."""
    free = (port for port in random.sample(range(20000, 32000), 200) if is_free(port))
    return {name: next(free) for name in services.PORTS}


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(('127.0.0.1', port))
        except OSError:
            return False
    return True


def start(site, names, started, until):
    """Starts what does not run, or runs with another configuration; ends what is not wanted any more."""
    digests = {name: services.write_configuration(site, name) for name in names}
    found = {name: processes.find(site.place(name)) for name in services.ALL}
    stale = [name for name, record in found.items() if record and digests.get(name) != record['digest']]
    processes.end([site.place(name) for name in stale])
    for name in names:
        if found[name] and name not in stale:
            continue
        say(f'Starting {name}')
        started.append(name)
        command, environment = services.command(site, name)
        seconds = max(until - time.time(), 1)
        processes.start(site.place(name), command, environment, seconds, digests[name])


def ready(site, names):
    """Waits for all. A service that ended is told with the end of what it said."""
    waiting = list(names)
    until = time.monotonic() + READY_SECONDS
    while waiting:
        for name in waiting:
            if not processes.find(site.place(name)) or time.monotonic() > until:
                output = (site.place(name) / 'output.log').read_text(errors='replace')
                raise Trouble(f'{name} did not start: {output[-2000:].strip() or "it said nothing"}')
        waiting = [name for name in waiting if not services.is_ready(site, name)]
        time.sleep(0.1 if waiting else 0)


def provide_seed(site):
    """Tells Keystone what it has to know, and writes clouds.yaml; whether Keystone knew nothing."""
    file = site.data / 'seed.json'
    known = state.read_json(file)
    fresh = known is None
    if fresh:
        say('Making projects, users and endpoints')
        known = seed.fill(site)
    elif known['ports'] != site.ports:
        seed.point(site, seed.Keystone(site, 'admin', 'admin'))
        known['ports'] = site.ports
    state.write_json(file, known)
    clouds = seed.write_clouds(site, known) + (federation.write_cloud(site) if site.oidc else '')
    state.write_text(site.directory / 'clouds.yaml', clouds)
    return fresh


def describe(site, record):
    """The stack as plain data."""
    rows = {}
    for name in services.ALL:
        found = processes.find(site.place(name))
        if found:
            pids = sorted(processes.list_members(found))
            rows[name] = {'leader': found['pid'], 'pids': pids, 'megabytes': processes.measure_memory(pids)}
    clouds = site.directory / 'clouds.yaml'
    return {
        'state': str(site.directory),
        'cloudsYaml': str(clouds),
        'text': clouds.read_text() if clouds.exists() else '',
        'urls': {name: site.url(name) for name in (*services.CONTROL, 'apache') if name in rows or name != 'apache'},
        'services': rows,
        'until': int(record['until']),
        'troveManage': databases.trove_manage(site),
        'troveConfig': str(site.place('trove') / 'trove.conf'),
    }


def say(text):
    print(text, file=sys.stderr, flush=True)
