"""What the stack needs of the distribution, and whether this machine can have it."""
import os
import subprocess
import sys
from pathlib import Path

from processes import bind
from trouble import Trouble, Unfit

ALWAYS = ('python3-glance', 'python3-keystone', 'python3-openstackclient', 'python3-trove', 'python3-troveclient')
BUS = ('rabbitmq-server',)
OIDC = ('apache2-bin', 'libapache2-mod-auth-openidc')
DOWNLOAD_SECONDS = 120
INSTALLER = Path(__file__).with_name('install-packages')
POLICY = Path('/usr/sbin/policy-rc.d')


def check_machine():
    """Other releases have other versions of Keystone, Glance and Trove, which start in other ways."""
    facts = dict(line.split('=', 1) for line in Path('/etc/os-release').read_text().splitlines() if '=' in line)
    name = facts.get('PRETTY_NAME', 'unknown').strip('"')
    if (facts.get('ID'), facts.get('VERSION_ID', '').strip('"')) != ('debian', '12'):
        raise Unfit(f'the test stack runs on Debian 12 only (Keystone 22, Glance 25.1, Trove 18), this is {name}')


def list_versions(names):
    """Version by name, of those that are installed."""
    shown = subprocess.run(
        ['dpkg-query', '--show', '--showformat=${db:Status-Status} ${Package} ${Version}\n', *names],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, check=False,
    )
    rows = (line.split() for line in shown.stdout.splitlines())
    return {row[1]: row[2] for row in rows if row[0] == 'installed'}


def provide(bus, oidc):
    """Installs what is missing and says what; the versions of all that the stack is made of."""
    names = ALWAYS + (BUS if bus else ()) + (OIDC if oidc else ())
    missing = [name for name in names if name not in list_versions(names)]
    if missing:
        print(f'Installing with apt-get: {" ".join(missing)}', file=sys.stderr)
        run_installer(missing)
    return list_versions(ALWAYS)


def tidy_policy():
    """A killed installation may have left its policy, which would keep services of others from starting."""
    saved = POLICY.with_name(f'{POLICY.name}.before-trove-image')
    try:
        left = saved.exists() or '# trove-image:' in POLICY.read_text()
    except (OSError, UnicodeDecodeError):
        left = False
    if left:
        run_installer([])


def run_installer(names):
    as_root = [] if os.geteuid() == 0 else ['sudo', '--non-interactive']
    done = subprocess.run([*as_root, INSTALLER, *names], stdin=subprocess.DEVNULL, stdout=sys.stderr, check=False)
    if done.returncode:
        raise Unfit(f'the packages {" ".join(names)} could not be installed: see what apt-get says above')


def fetch_paste(directory):
    """The wiring of Glance and Trove, from packages that are not installed: they would bring services and questions."""
    names = ('glance-common', 'trove-common')
    run_quietly(['apt-get', '-o', 'APT::Sandbox::User=root', '--quiet=2', 'download', *names], directory)
    for name, file in zip(names, ('glance-api-paste.ini', 'api-paste.ini')):
        [archive] = directory.glob(f'{name}_*.deb')
        run_quietly(['dpkg-deb', '--extract', archive, name], directory)
        (directory / name / 'usr/share' / name / file).rename(directory / file)
        run_quietly(['rm', '--recursive', archive.name, name], directory)


def run_quietly(command, directory):
    done = subprocess.run(
        bind(command, DOWNLOAD_SECONDS), cwd=directory, capture_output=True, text=True, stdin=subprocess.DEVNULL,
        close_fds=False, check=False,
    )
    if done.returncode:
        raise Trouble(f'{command[0]} failed: {done.stderr.strip()}')
