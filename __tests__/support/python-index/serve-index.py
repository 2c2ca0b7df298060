#!/usr/bin/python3 -I
"""serve-index WHEELS SECONDS: a Python package index (PEP 503) of the wheels in a directory, on loopback.

Says where it listens, then one line for each request: method, path, status. Ends by itself.
"""
import hashlib
import re
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote


def normalize(name):
    return re.sub(r'[-_.]+', '-', name).lower()


def write_page(links):
    anchors = ''.join(f'<a href="{target}">{text}</a><br>\n' for target, text in links)
    return f'<!DOCTYPE html>\n<html><head><title>index</title></head><body>\n{anchors}</body></html>\n'.encode()


def make_answers(wheels):
    """Everything that there is to get, by its path: a request can reach nothing else."""
    answers, projects = {}, {}
    for wheel in sorted(wheels.glob('*.whl')):
        data = wheel.read_bytes()
        answers[f'/files/{wheel.name}'] = (data, 'application/octet-stream')
        link = (f'/files/{wheel.name}#sha256={hashlib.sha256(data).hexdigest()}', wheel.name)
        projects.setdefault(normalize(wheel.name.split('-')[0]), []).append(link)
    for name, links in projects.items():
        answers[f'/simple/{name}/'] = (write_page(links), 'text/html')
    answers['/simple/'] = (write_page([(f'/simple/{name}/', name) for name in sorted(projects)]), 'text/html')
    return answers


class Handler(BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'
    answers = {}

    def do_GET(self):
        path = unquote(self.path)
        if path in self.answers:
            data, kind = self.answers[path]
            return self.answer(200, data, ('Content-Type', kind))
        found = re.fullmatch(r'/simple/([A-Za-z0-9._-]+)/?', path)
        right = f'/simple/{normalize(found[1])}/' if found else ''
        if right in self.answers:
            return self.answer(301, b'', ('Location', right))
        return self.answer(404, b'there is no such thing here\n', ('Content-Type', 'text/plain'))

    def answer(self, status, data, header):
        self.send_response(status)
        self.send_header(*header)
        self.send_header('Content-Length', str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_request(self, code='-', size='-'):
        print(self.command, self.path, int(code), flush=True)


def main(wheels, seconds):
    signal.alarm(seconds)
    Handler.answers = make_answers(wheels)
    server = ThreadingHTTPServer(('127.0.0.1', 0), Handler)
    print(f'listening on 127.0.0.1:{server.server_port}', flush=True)
    server.serve_forever()


if __name__ == '__main__':
    main(Path(sys.argv[1]), int(sys.argv[2]))
