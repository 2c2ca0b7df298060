import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

interface Requirement {
  readonly name: string;
  readonly version: string;
  readonly marker: string;
  readonly hashes: readonly string[];
  readonly needs: readonly string[];
}

const FILES = ['requirements.txt', 'requirements-builder.txt'].map((name) =>
  join(import.meta.dirname, '../../host', name),
);
const run = promisify(execFile);

/** Reads the lines, each with the `# needs:` of the comment above it. */
function parse(text: string): Requirement[] {
  const paragraphs = text.replaceAll('\\\n', ' ').split('\n\n');
  return paragraphs.flatMap((paragraph) => {
    const needs = /^# needs: (.*)$/m.exec(paragraph)?.[1]?.split(', ') ?? [];
    return paragraph
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))
      .map((line) => {
        const [, name = '', version = '', marker = '', rest = ''] =
          /^([\w-]+)==([\d.]+)(?: ; (.*?))?((?: +--hash=\w+:\w+)+)$/.exec(line) ?? [];
        return {
          name,
          version,
          marker,
          hashes: rest.trim().split(/ +/),
          needs,
        };
      });
  });
}

describe('host/requirements.txt', () => {
  const text = FILES.map((file) => readFileSync(file, 'utf8')).join('\n');
  const requirements = parse(text);

  it('pins every release and gives each file a strong digest', () => {
    expect(requirements.length).toBeGreaterThan(10);
    for (const { name, version, hashes } of requirements) {
      expect([name, version]).toEqual([expect.stringMatching(/\w/), expect.stringMatching(/^\d/)]);
      for (const hash of hashes) {
        expect(hash).toMatch(/^--hash=(sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})$/);
      }
    }
    const all = requirements.flatMap(({ hashes }) => hashes);
    expect(new Set(all).size).toBe(all.length);
  });

  it('lists exactly what diskimage-builder needs, through and through', () => {
    const reached = new Set<string>();
    const wanted = ['diskimage-builder'];
    for (let name = wanted.pop(); name !== undefined; name = wanted.pop()) {
      if (!reached.has(name)) {
        reached.add(name);
        wanted.push(
          ...requirements.filter((line) => line.name === name).flatMap(({ needs }) => needs),
        );
      }
    }
    expect([...new Set(requirements.map(({ name }) => name))].sort()).toEqual([...reached].sort());
  });

  it('names one release of each package for every Python', () => {
    const versions = new Map<string, string[]>();
    for (const { name, marker } of requirements) {
      versions.set(name, [...(versions.get(name) ?? []), marker]);
    }
    for (const [name, markers] of versions) {
      const split = ['python_version < "3.11"', 'python_version >= "3.11"'];
      expect([name, markers]).toEqual([name, markers.length === 1 ? [''] : split]);
    }
  });

  it('keeps the one source archive in a file of its own', () => {
    const own = readFileSync(String(FILES[1]), 'utf8')
      .split('\n')
      .filter((line) => /^\w/.test(line));
    expect(own).toEqual([expect.stringMatching(/^diskimage-builder==\S+ --hash=\S+$/)]);
  });
});

/** Makes a wheel by hand: a module and the metadata that pip wants. */
function buildWheel(folder: string): string {
  const tree = join(folder, 'wheel');
  const info = join(tree, 'tiny_leaf-1.0.dist-info');
  mkdirSync(info, { recursive: true });
  writeFileSync(join(tree, 'tiny_leaf.py'), 'ANSWER = 42\n');
  writeFileSync(join(info, 'METADATA'), 'Metadata-Version: 2.1\nName: tiny-leaf\nVersion: 1.0\n');
  writeFileSync(
    join(info, 'WHEEL'),
    'Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
  );
  const listed = [
    'tiny_leaf.py',
    ...['METADATA', 'WHEEL', 'RECORD'].map((name) => `tiny_leaf-1.0.dist-info/${name}`),
  ];
  writeFileSync(join(info, 'RECORD'), listed.map((name) => `${name},,\n`).join(''));
  const wheel = join(folder, 'tiny_leaf-1.0-py3-none-any.whl');
  execFileSync(
    'python3',
    ['-m', 'zipfile', '-c', wheel, 'tiny_leaf.py', 'tiny_leaf-1.0.dist-info'],
    { cwd: tree },
  );
  return wheel;
}

/** Makes a source archive that builds itself with what is installed: tiny_leaf. */
function buildSourceArchive(folder: string): string {
  const tree = join(folder, 'tiny_tool-2.0');
  mkdirSync(tree);
  const backend = `import os, zipfile, tiny_leaf
def build_wheel(wheel_directory, config_settings=None, metadata_directory=None):
    info, name = 'tiny_tool-2.0.dist-info/', 'tiny_tool-2.0-py3-none-any.whl'
    files = {'tiny_tool.py': 'BUILT_WITH = %d\\n' % tiny_leaf.ANSWER,
             info + 'METADATA': 'Metadata-Version: 2.1\\nName: tiny-tool\\nVersion: 2.0\\n',
             info + 'WHEEL': 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n'}
    files[info + 'RECORD'] = ''.join(entry + ',,\\n' for entry in [*files, info + 'RECORD'])
    with zipfile.ZipFile(os.path.join(wheel_directory, name), 'w') as archive:
        for entry, text in files.items():
            archive.writestr(entry, text)
    return name
`;
  writeFileSync(join(tree, 'backend.py'), backend);
  writeFileSync(
    join(tree, 'pyproject.toml'),
    '[build-system]\nrequires = ["tiny-leaf"]\nbuild-backend = "backend"\nbackend-path = ["."]\n',
  );
  writeFileSync(join(tree, 'PKG-INFO'), 'Metadata-Version: 2.1\nName: tiny-tool\nVersion: 2.0\n');
  const archive = join(folder, 'tiny_tool-2.0.tar.gz');
  execFileSync('tar', ['-czf', archive, 'tiny_tool-2.0'], { cwd: folder });
  return archive;
}

/** A package index on the loopback (PEP 503): one page for each project, with its one file. */
function serveIndex(files: Record<string, string>): Promise<Server> {
  const server = createServer((request, response) => {
    const [, kind, name = ''] = (request.url ?? '').split('/');
    const path = files[name];
    const file = Object.values(files).find((candidate) => candidate.endsWith(`/${name}`));
    if (kind === 'simple' && path !== undefined) {
      const base = path.slice(path.lastIndexOf('/') + 1);
      response.setHeader('content-type', 'text/html').end(`<a href="/files/${base}">${base}</a>`);
    } else if (kind === 'files' && file !== undefined) {
      response.end(readFileSync(file));
    } else {
      response.writeHead(404).end();
    }
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(server));
  });
}

describe('the two steps of the installation', () => {
  let folder = '';
  let server: Server;
  const digest = (algorithm: string, path: string): string =>
    `${algorithm}:${createHash(algorithm).update(readFileSync(path)).digest('hex')}`;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'requirements-'));
    const files = {
      'tiny-leaf': buildWheel(folder),
      'tiny-tool': buildSourceArchive(folder),
    };
    server = await serveIndex(files);
    await run('python3', ['-m', 'venv', join(folder, 'venv')]);
    const leaf = `tiny-leaf==1.0 \\\n    --hash=${digest('sha256', files['tiny-leaf'])}\n`;
    const tool = `tiny-tool==2.0 --hash=${digest('sha512', files['tiny-tool'])}\n`;
    const spoil = (line: string): string =>
      line.replace(/.(\n?)$/, (end) => (end.startsWith('0') ? '1\n' : '0\n'));
    for (const [name, content] of Object.entries({
      leaf,
      tool,
      badLeaf: spoil(leaf),
      badTool: spoil(tool),
      both: `tiny-tool==2.0\n${leaf}`,
    })) {
      writeFileSync(join(folder, `${name}.txt`), content);
    }
  }, 60_000);

  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  /** Runs pip as the product does, without this machine's own configuration; gives what it said. */
  async function install(
    name: string,
    ...options: string[]
  ): Promise<{ ok: boolean; said: string }> {
    const { port } = server.address() as AddressInfo;
    const index = [
      '--index-url',
      `http://127.0.0.1:${port}/simple`,
      '--no-cache-dir',
      '--disable-pip-version-check',
    ];
    const file = ['--require-hashes', '-r', join(folder, `${name}.txt`)];
    const env = {
      PATH: process.env.PATH,
      HOME: folder,
      PIP_CONFIG_FILE: '/dev/null',
      LC_ALL: 'C.UTF-8',
    };
    return run(join(folder, 'venv/bin/pip'), ['install', ...index, ...options, ...file], {
      env,
    }).then(
      ({ stdout, stderr }) => ({ ok: true, said: stdout + stderr }),
      (error: { stdout: string; stderr: string }) => ({
        ok: false,
        said: error.stdout + error.stderr,
      }),
    );
  }

  const importing = (code: string) => run(join(folder, 'venv/bin/python'), ['-I', '-c', code]);
  const WHEELS = ['--only-binary', ':all:'];
  const SOURCE = ['--no-deps', '--no-build-isolation'];

  it('refuses a wheel whose digest is not the pinned one', async () => {
    const { ok, said } = await install('badLeaf', ...WHEELS);
    expect({ ok, said }).toEqual({
      ok: false,
      said: expect.stringContaining('DO NOT MATCH THE HASHES'),
    });
    await expect(importing('import tiny_leaf')).rejects.toThrow('ModuleNotFoundError');
  });

  it('refuses a line without a digest beside others that have one', async () => {
    const { ok, said } = await install('both', ...WHEELS);
    expect({ ok, said }).toEqual({
      ok: false,
      said: expect.stringContaining('tiny-tool'),
    });
    await expect(importing('import tiny_leaf')).rejects.toThrow('ModuleNotFoundError');
  });

  it('installs the wheels, then builds the source archive with them and nothing else', async () => {
    expect(await install('leaf', ...WHEELS)).toMatchObject({ ok: true });
    const refused = await install('badTool', ...SOURCE);
    expect(refused).toEqual({
      ok: false,
      said: expect.stringContaining('DO NOT MATCH THE HASHES'),
    });
    expect(await install('tool', ...SOURCE)).toMatchObject({ ok: true });
    expect((await importing('import tiny_tool; print(tiny_tool.BUILT_WITH)')).stdout).toBe('42\n');
  }, 30_000);

  it('is a file that pip itself understands, in the mode that wants digests', async () => {
    writeFileSync(join(folder, 'real.txt'), readFileSync(String(FILES[0])));
    const { ok, said } = await install('real', ...WHEELS);
    expect({ ok, said }).toEqual({
      ok: false,
      said: expect.stringMatching(/No matching distribution found for \w+==/),
    });
  });
});
