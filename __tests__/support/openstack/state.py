"""The directory of a stack: who may use it, what it remembers, and how it goes away."""
import contextlib
import fcntl
import json
import os
import re
import shutil
import stat
from pathlib import Path

from trouble import Trouble

RECORD = 'stack.json'
LOCK = 'lock'


def write_json(path, value):
    """Whole or not at all, for the eyes of the owner only."""
    write_text(path, json.dumps(value, indent=2) + '\n')


def write_text(path, text):
    partial = path.with_name(f'{path.name}.partial')
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), 'w') as file:
        file.write(text)
    os.replace(partial, path)


def read_json(path):
    """The value, or None where nothing readable is."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return None


def check_name(directory):
    """Paths go into configuration files in which $ and % mean something."""
    if not re.fullmatch(r'/[A-Za-z0-9._/+@=-]+', str(directory)):
        raise Trouble(f'--state {directory} has characters other than letters, digits and ._/+@=-: give another path')


def check_owner(directory):
    """Never works in, or removes, what is not a stack of this user."""
    try:
        status = os.lstat(directory)
        ours = stat.S_ISDIR(status.st_mode) and status.st_uid == os.geteuid()
        names = set(os.listdir(directory)) if ours else set()
    except FileNotFoundError:
        return
    if not ours or (RECORD not in names and not names <= {LOCK, f'{RECORD}.partial'}):
        raise Trouble(f'--state {directory} is there and is no stack of yours: give a path that does not exist')


@contextlib.contextmanager
def locked(directory):
    """One run at a time. A run that waited for one that removed the directory begins with a new one."""
    while True:
        check_owner(directory)
        os.makedirs(directory, mode=0o700, exist_ok=True)
        path = Path(directory, LOCK)
        try:
            file = open(path, 'a')
        except FileNotFoundError:
            continue
        with file:
            fcntl.flock(file, fcntl.LOCK_EX)
            os.set_inheritable(file.fileno(), True)
            with contextlib.suppress(FileNotFoundError):
                if os.path.samestat(os.stat(path), os.fstat(file.fileno())):
                    os.chmod(directory, 0o700)
                    yield
                    return


def remove(directory):
    """The record goes last: a removal that was cut short is still known as ours."""
    for entry in os.scandir(directory):
        if entry.name in (RECORD, LOCK):
            continue
        shutil.rmtree(entry.path) if entry.is_dir(follow_symlinks=False) else os.unlink(entry.path)
    for name in (RECORD, LOCK):
        Path(directory, name).unlink(missing_ok=True)
    os.rmdir(directory)
