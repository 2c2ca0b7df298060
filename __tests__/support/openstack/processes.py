"""Services as processes. Each has a leader, known by pid and time of start, and a process namespace that ends with it:
nothing that a service starts outlives it, however the leader ends."""
import contextlib
import os
import signal
import subprocess
import time
from pathlib import Path

from state import read_json, write_json
from trouble import Unfit

ENVIRONMENT = {'PATH': '/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL': 'C.UTF-8', 'PYTHONDONTWRITEBYTECODE': '1'}
GRACE_SECONDS = 5


def read_status(pid):
    """Group of a process, and when it started in ticks since the boot; None for one that has ended."""
    try:
        fields = Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()
    except OSError:
        return None
    return None if fields[0] in 'ZX' else (int(fields[2]), int(fields[19]))


def read_start(pid):
    return (read_status(pid) or (None, None))[1]


def list_processes():
    return [int(name) for name in os.listdir('/proc') if name.isdigit()]


def read_boot():
    return Path('/proc/sys/kernel/random/boot_id').read_text().strip()


def isolate(seconds):
    """The leader unshares and waits; timeout is the first process of the namespace, whose end is the end of all in it."""
    user = [] if os.geteuid() == 0 else ['--user', '--map-root-user']
    return [
        'unshare', *user, '--pid', '--fork', '--kill-child', '--mount-proc',
        'timeout', '--foreground', f'--kill-after={GRACE_SECONDS}', str(int(seconds)),
    ]


def bind(command, seconds):
    """A program that ends, with all that it starts, when this run ends, however that is."""
    return ['setpriv', '--pdeathsig', 'KILL', *isolate(seconds), *command]


def check_namespaces():
    tried = subprocess.run([*isolate(10), 'true'], capture_output=True, text=True, check=False)
    if tried.returncode:
        raise Unfit(f'no process namespace can be made here: {tried.stderr.strip()}; try it as root')


def start(directory, command, environment, seconds, digest):
    """Starts a service, which is on record before it runs: a run that is killed here leaves nothing unknown."""
    def record():
        pid = os.getpid()
        write_json(directory / 'process.json', {
            'pid': pid, 'start': read_start(pid), 'boot': read_boot(), 'digest': digest,
        })
    with open(directory / 'output.log', 'ab') as output:
        subprocess.Popen(
            isolate(seconds) + command, cwd=directory, env={**ENVIRONMENT, 'HOME': str(directory), **environment},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, start_new_session=True, preexec_fn=record,
        )


def find(directory):
    """The record of a service that runs, or None."""
    record = read_json(directory / 'process.json')
    if not record or record['boot'] != read_boot() or read_start(record['pid']) != record['start']:
        return None
    return record


def end(directories):
    """Ends services: asks all of them, waits, and kills what does not listen. The group lasts as long as the namespace."""
    leaders = [record['pid'] for record in map(find, directories) if record]
    for number, seconds in ((signal.SIGTERM, GRACE_SECONDS + 2), (signal.SIGKILL, 10)):
        for pid in leaders:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, number)
        until = time.monotonic() + seconds
        while leaders and time.monotonic() < until:
            groups = {group for group, _ in filter(None, map(read_status, list_processes()))}
            leaders = [pid for pid in leaders if pid in groups]
            time.sleep(0.05 if leaders else 0)
    for directory in directories:
        (directory / 'process.json').unlink(missing_ok=True)


def list_members(record):
    """Every process of a service, by the pids of this machine."""
    try:
        namespace = os.readlink(f'/proc/{record["pid"]}/ns/pid_for_children')
    except OSError:
        return []
    members = [record['pid']]
    for pid in list_processes():
        with contextlib.suppress(OSError):
            if os.readlink(f'/proc/{pid}/ns/pid') == namespace:
                members.append(pid)
    return members


def measure_memory(pids):
    """Proportional share of memory in MB."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            lines = Path(f'/proc/{pid}/smaps_rollup').read_text().splitlines()
            total += sum(int(line.split()[1]) for line in lines if line.startswith('Pss:'))
    return round(total / 1024)
