#!/usr/bin/python3 -I
"""pack-wheels DEBS WHEELS BAIT: makes a wheel of every Python distribution in the Debian packages in DEBS.

A package that holds ready wheels (python3-pip-whl) gives those. Of any other, the modules and the
metadata are packed. What it requires are the distributions of the packages that it depends on: the
archive's tools move that knowledge from the metadata to the package.

Of the distribution BAIT there is a second wheel, version 9999, which nobody can import: who installs
without constraints gets it.

Prints a JSON list of {name, version, file}, without the bait, and a line on stderr for whatever is left out.
"""
import base64
import hashlib
import io
import json
import re
import subprocess
import sys
import tarfile
import zipfile
from email.parser import HeaderParser
from pathlib import Path, PurePosixPath

MODULES = PurePosixPath('usr/lib/python3/dist-packages')
READY = PurePosixPath('usr/share/python-wheels')
METADATA = ('.dist-info', '.egg-info')
EXTENSION = re.compile(r'\.cpython-(\d+)-(x86_64|aarch64)-linux-gnu\.so$')


def normalize(name):
    """The name by which an index knows a distribution (PEP 503)."""
    return re.sub(r'[-_.]+', '-', name).lower()


def read_control(deb):
    """Fields of a package; of alternatives that it depends on the first, without versions and architectures."""
    fields = run_dpkg_deb('--field', deb, 'Package', 'Version', 'Depends', 'Provides')
    control = HeaderParser().parsestr(fields.decode())
    names = re.compile(r'(?:^|,)\s*([a-z0-9][a-z0-9+.-]+)')
    return {
        'package': control['Package'],
        'version': re.match(r'(?:\d+:)?([0-9]+(?:\.[0-9]+)*)', control['Version'])[1],
        'depends': names.findall(control['Depends'] or ''),
        'provides': names.findall(control['Provides'] or ''),
    }


def run_dpkg_deb(*words):
    return subprocess.run(['dpkg-deb', *words], check=True, capture_output=True).stdout


def read_files(deb):
    """Files of a package by path; links to files outside of it are left out."""
    files = {}
    with tarfile.open(fileobj=io.BytesIO(run_dpkg_deb('--fsys-tarfile', deb))) as archive:
        for member in archive:
            path = PurePosixPath(member.name)
            if not (path.is_relative_to(MODULES) or path.is_relative_to(READY)) or member.isdir():
                continue
            try:
                content = archive.extractfile(member)
            except KeyError:
                content = None
            if content is None:
                print(f'{deb.name}: {path} leads to {member.linkname} and is left out', file=sys.stderr)
            else:
                files[path] = (content.read(), member.mode & 0o111)
    return files


def find_metadata(control, files):
    """What a package says of its distribution, and in which folder or file; None where it has none."""
    tops = {MODULES / path.relative_to(MODULES).parts[0] for path in files if path.is_relative_to(MODULES)}
    # the newer form comes first by name, and a package may have both
    for folder in sorted(top for top in tops if top.suffix in METADATA):
        for path in (folder / 'METADATA', folder / 'PKG-INFO', folder):
            if path in files:
                return folder, HeaderParser().parsestr(files[path][0].decode())
    # a compiled module that others import, without a word about itself (python3-cffi-backend)
    if any(EXTENSION.search(top.name) for top in tops):
        return MODULES / 'none', describe(control['package'].removeprefix('python3-'), control['version'])
    return None


def describe(name, version):
    return {'Name': name, 'Version': version, 'Requires-Python': None}


def choose_tag(files):
    """py3-none-any, or the tag of the compiled modules."""
    tags = {f'cp{found[1]}-cp{found[1]}-linux_{found[2]}' for found in map(EXTENSION.search, map(str, files)) if found}
    if len(tags) > 1:
        raise SystemExit(f'modules of several kinds in one package: {tags}')
    return tags.pop() if tags else 'py3-none-any'


def pack(files, folder, metadata, requires):
    """File name and content of the wheel of one distribution."""
    name, version = re.sub(r'[-_.]+', '_', metadata['Name']), metadata['Version']
    tag = choose_tag(files)
    info = f'{name}-{version}.dist-info'
    content = {}
    for path, entry in files.items():
        inside = path.relative_to(MODULES)
        if '__pycache__' not in inside.parts and PurePosixPath(inside.parts[0]).suffix not in METADATA:
            content[str(inside)] = entry
    for kept in ('entry_points.txt', 'top_level.txt'):
        if folder / kept in files:
            content[f'{info}/{kept}'] = files[folder / kept]
    headers = [f'{field}: {metadata[field]}' for field in ('Name', 'Version', 'Requires-Python') if metadata[field]]
    headers += [f'Requires-Dist: {requirement}' for requirement in requires]
    pure = str(tag == 'py3-none-any').lower()
    for path, lines in (
        ('METADATA', ['Metadata-Version: 2.1', *headers]),
        ('WHEEL', ['Wheel-Version: 1.0', 'Generator: pack-wheels', f'Root-Is-Purelib: {pure}', f'Tag: {tag}']),
    ):
        content[f'{info}/{path}'] = ('\n'.join([*lines, '']).encode(), 0)
    return f'{name}-{version}-{tag}.whl', content


def write_wheel(path, content):
    """Same content, same bytes. The record names every file with its digest, itself without."""
    name, version = path.name.split('-')[:2]
    record, rows = f'{name}-{version}.dist-info/RECORD', []
    with zipfile.ZipFile(path, 'w') as archive:
        for name, (data, execute) in sorted(content.items()):
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).decode().rstrip('=')
            rows.append(f'{name},sha256={digest},{len(data)}\n')
            write_entry(archive, name, data, execute)
        write_entry(archive, record, ''.join([*rows, f'{record},,\n']).encode(), 0)


def write_entry(archive, name, data, execute):
    entry = zipfile.ZipInfo(name, (2020, 1, 1, 0, 0, 0))
    entry.external_attr = (0o100644 | execute) << 16
    archive.writestr(entry, data, zipfile.ZIP_DEFLATED)


def lay_bait(name):
    broken = {MODULES / f'{name}.py': (b'raise ImportError("nothing held this version back")\n', 0)}
    return pack(broken, MODULES / 'none', describe(name, '9999'), [])


def main(debs, wheels, bait):
    packages, providers, made = {}, {}, []

    def keep(name, version, file):
        made.append({'name': normalize(name), 'version': version, 'file': file})

    for deb in sorted(debs.glob('*.deb')):
        control, files = read_control(deb), read_files(deb)
        for path, (data, _) in files.items():
            if path.suffix == '.whl':
                (wheels / path.name).write_bytes(data)
                keep(*path.name.split('-')[:2], path.name)
        found = find_metadata(control, files)
        if found is not None:
            packages[control['package']] = (control, files, *found)
            for name in (*control['provides'], control['package']):
                providers[name] = found[1]['Name']
    ready = {wheel['name'] for wheel in made}
    for control, files, folder, metadata in packages.values():
        if normalize(metadata['Name']) not in ready:
            requires = {providers[name] for name in control['depends'] if name in providers} - {metadata['Name']}
            file, content = pack(files, folder, metadata, sorted(requires))
            write_wheel(wheels / file, content)
            keep(metadata['Name'], metadata['Version'], file)
    if bait not in [wheel['name'] for wheel in made]:
        raise SystemExit(f'there is no distribution {bait}')
    file, content = lay_bait(bait)
    write_wheel(wheels / file, content)
    print(json.dumps(made))


if __name__ == '__main__':
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
