"""The data that a stack begins with: empty databases of today's form, keys, passwords. Made once, then kept for others."""
import base64
import hashlib
import os
import secrets
import shutil
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import packages
import services
from processes import ENVIRONMENT, bind
from state import read_json, write_json
from trouble import Trouble

PASSWORDS = ('admin', 'glance', 'trove', 'publisher', 'member', 'rabbitmq')
# Trove takes these as keys of AES: 32 characters at most
KEYS = ('trove-tasks', 'trove-instances')
STEP_SECONDS = 120
TROVE_MANAGE = Path(__file__).with_name('trove-manage')


def locate_kept(versions):
    """Where data of these versions, made by these programs, is kept between stacks."""
    digest = hashlib.sha256(repr(sorted(versions.items())).encode())
    for program in sorted(Path(__file__).parent.glob('*.py')):
        digest.update(program.read_bytes())
    cache = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    return Path(cache, 'trove-image', 'openstack', digest.hexdigest()[:16])


def make(site):
    """Writes everything beside its place first: what is there is whole. Returns the site with its passwords."""
    partial = site.data.with_name('data.partial')
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    names = {name: secrets.token_hex(16) for name in PASSWORDS + KEYS}
    write_json(partial / 'secrets.json', names)
    for folder in ('fernet', 'credential'):
        make_keys(partial / folder)
    packages.fetch_paste(partial)
    making = replace(site, data=partial, secrets=names, bus=False, settings={})
    with ThreadPoolExecutor() as pool:
        for done in [pool.submit(fill, making) for fill in (fill_keystone, fill_glance, fill_trove)]:
            done.result()
    partial.rename(site.data)


def make_keys(folder):
    """Number 0 is the next key, the highest number the one that encrypts; both are there from the start."""
    folder.mkdir(mode=0o700)
    for number in ('0', '1'):
        (folder / number).write_bytes(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        (folder / number).chmod(0o600)


def fill_keystone(site):
    services.write_configuration(site, 'keystone')
    manage = ['/usr/bin/keystone-manage', '--config-file', str(site.place('keystone') / 'keystone.conf')]
    run(site, 'keystone', [*manage, 'db_sync'])
    url = site.url('keystone')
    run(site, 'keystone', [
        *manage, 'bootstrap', '--bootstrap-username', 'admin', '--bootstrap-project-name', 'admin',
        '--bootstrap-service-name', 'keystone', '--bootstrap-region-id', 'RegionOne',
        '--bootstrap-public-url', url, '--bootstrap-internal-url', url, '--bootstrap-admin-url', url,
    ], {'OS_BOOTSTRAP_PASSWORD': site.secrets['admin']})


def fill_glance(site):
    services.write_configuration(site, 'glance')
    program = 'import sys; from glance.cmd.manage import main; sys.exit(main())'
    file = str(site.place('glance') / 'glance.conf')
    run(site, 'glance', ['/usr/bin/python3', '-c', program, '--config-file', file, 'db_sync'])


def fill_trove(site):
    services.write_configuration(site, 'trove')
    run(site, 'trove', [*trove_manage(site), 'db_sync'])


def trove_manage(site):
    """The start of a command of trove-manage for this stack."""
    return ['/usr/bin/python3', str(TROVE_MANAGE), '--config-file', str(site.place('trove') / 'trove.conf')]


def run(site, name, command, environment=None):
    """One step; it has the lock too, so that the next run waits for its end."""
    with open(site.place(name) / 'output.log', 'ab') as output:
        done = subprocess.run(
            bind(command, STEP_SECONDS),
            cwd=site.place(name), env={**ENVIRONMENT, 'HOME': str(site.place(name)), **(environment or {})},
            stdin=subprocess.DEVNULL, stdout=output, stderr=output, close_fds=False, check=False,
        )
    if done.returncode:
        raise Trouble(f'the database of {name} could not be made: see {site.place(name)}/output.log')


def keep(data, kept):
    """Copies data that nobody writes to at this moment, in place of that of other versions. A nicety: trouble is no error."""
    partial = kept.with_name(f'{kept.name}.{os.getpid()}.partial')
    try:
        partial.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        copy(data, partial)
        for old in kept.parent.iterdir():
            if old != partial:
                shutil.rmtree(old, ignore_errors=True)
        partial.rename(kept)
    except (OSError, sqlite3.Error):
        shutil.rmtree(partial, ignore_errors=True)


def take(kept, data):
    """Puts kept data in place, if there is any that is whole: another stack may be replacing it."""
    partial = data.with_name('data.partial')
    shutil.rmtree(partial, ignore_errors=True)
    try:
        copy(kept, partial)
    except (OSError, sqlite3.Error):
        return
    if read_json(partial / 'seed.json'):
        partial.rename(data)


def copy(source, target):
    shutil.copytree(source, target, ignore=shutil.ignore_patterns('*.sqlite*'))
    target.chmod(0o700)
    for database in source.glob('*.sqlite'):
        with sqlite3.connect(database) as old, sqlite3.connect(target / database.name) as new:
            old.backup(new)
