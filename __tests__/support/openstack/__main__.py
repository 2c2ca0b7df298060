"""openstack up|down|status|install: a real Keystone, Glance and Trove on loopback, for tests. See docs/test-stack.md."""
import argparse
import json
import os
import re
import signal
import sys
import tempfile
from pathlib import Path

import federation
import stack
from trouble import Trouble

SETTING = 'SERVICE:SECTION.KEY=VALUE'


def read_setting(text):
    """glance:DEFAULT.user_storage_quota=1000 as the place of a value in a configuration."""
    service, _, rest = text.partition(':')
    path, equals, value = rest.partition('=')
    section, _, key = path.partition('.')
    if service not in ('keystone', 'glance', 'trove') or not (section and key and equals) or '\n' in text:
        raise argparse.ArgumentTypeError(f'{text} is not {SETTING}, with a service among keystone, glance, trove')
    return service, section, key, value


def read_hours(text):
    hours = float(text)
    if not 0 < hours <= 24:
        raise argparse.ArgumentTypeError(f'{text} is not more than 0 and at most 24')
    return hours


def read_issuer(text):
    if not re.fullmatch(r'https://[A-Za-z0-9._:/-]+', text):
        raise argparse.ArgumentTypeError(f'{text} is no https:// address of an issuer')
    return text.rstrip('/')


def read_path(text):
    path = os.path.abspath(text)
    if not re.fullmatch(r'/[A-Za-z0-9._/+@=-]+', path) or not os.path.isfile(path):
        raise argparse.ArgumentTypeError(f'{text} is no file with a plain name')
    return path


def read_arguments(words):
    place = Path(tempfile.gettempdir(), f'trove-image-openstack-{os.getuid()}')
    shared = argparse.ArgumentParser(add_help=False)
    shared.add_argument('--state', metavar='DIR', default=place, help=f'directory of the stack (default: {place})')
    shared.add_argument('--json', action='store_true', help='print the whole stack as JSON')
    wide = argparse.ArgumentParser(add_help=False)
    wide.add_argument('--bus', action='store_true', help='RabbitMQ and trove-conductor, too')
    wide.add_argument('--oidc', metavar='ISSUER', type=read_issuer, nargs='?', const=federation.GITHUB,
                      help=f'Apache, too, which takes tokens of this issuer (default: {federation.GITHUB})')
    parser = argparse.ArgumentParser(prog='openstack', description=__doc__)
    verbs = parser.add_subparsers(dest='verb', required=True)
    up = verbs.add_parser('up', parents=[shared, wide], help='start what does not run; print the path of clouds.yaml')
    up.add_argument('--hours', metavar='N', type=read_hours, default=2, help='end by itself after N hours (default: 2)')
    up.add_argument('--set', metavar=SETTING, type=read_setting, action='append', default=[], help='a setting')
    up.add_argument('--oidc-ca', metavar='FILE', type=read_path, help='certificate authority of the issuer')
    up.add_argument('--cold', action='store_true', help='make new databases instead of copying kept ones')
    down = verbs.add_parser('down', parents=[shared], help='end everything and remove the directory')
    down.add_argument('--keep', action='store_true', help='leave the directory for the next up')
    verbs.add_parser('status', parents=[shared], help='say what runs; exit code 1 when nothing does')
    verbs.add_parser('install', parents=[wide], help='only install the packages that up needs')
    options = parser.parse_args(words)
    if options.verb == 'install':
        return options
    options.state = Path(os.path.abspath(options.state))
    if getattr(options, 'oidc', None):
        options.oidc = {'issuer': options.oidc, 'ca': options.oidc_ca}
    options.settings = {}
    for service, section, key, value in getattr(options, 'set', []):
        options.settings.setdefault(service, {}).setdefault(section, {})[key] = value
    return options


def run(options):
    if options.verb in ('down', 'install'):
        (stack.down if options.verb == 'down' else stack.install)(options)
        return 0
    found = stack.up(options) if options.verb == 'up' else stack.status(options)
    if options.json:
        print(json.dumps(found))
    elif options.verb == 'up':
        print(found['cloudsYaml'])
    else:
        print_status(found)
    return 0 if found and found['services'] else 1


def print_status(found):
    for name, row in (found or {'services': {}})['services'].items():
        print(f'{name:<10} process {row["leader"]:<8} {row["megabytes"]:>4} MB  {found["urls"].get(name, "")}')
    if not found or not found['services']:
        print('nothing runs')


def main(words):
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda received, _: sys.exit(128 + received))
    try:
        return run(read_arguments(words))
    except Trouble as trouble:
        print(f'openstack: {trouble}', file=sys.stderr)
        return trouble.code
    except KeyboardInterrupt:
        return 130


sys.exit(main(sys.argv[1:]))
