// How long builds with layers take, beside plain disk-image-create with the same elements: npm run bench -- layers.
//   --release NAME     guest to build (bookworm)
//   --only ID,ID       these scenarios alone; `plain` is always there, as what the others are compared with
//   --plain-seconds N  take this instead of measuring plain again
//   --json             (always) the last line is {"scenarios": [{id, ms, ratio, bar, …}]}
// Runs as root, alone on the machine; writes below --directory (/var/tmp) and removes it.
import { spawn, spawnSync } from 'node:child_process';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { emptyTimeline, fillGaps, followLine } from '../lib/core/log/timeline.js';

const { values } = parseArgs({
  options: {
    release: { type: 'string', default: 'bookworm' },
    only: { type: 'string' },
    directory: { type: 'string', default: '/var/tmp' },
    'plain-seconds': { type: 'string' },
    json: { type: 'boolean' },
  },
});
const root = join(import.meta.dirname, '..');
const work = mkdtempSync(join(values.directory, 'bench-layers-'));
const elements = join(work, 'elements');
const source = join(work, 'source');
const names = ['bench-agent', 'bench-last'];
const guest = ['--guest-os', 'debian', '--guest-release', values.release];
const own = ['--elements', names.join(' '), '--elements-path', elements];

const scenarios = [
  { id: 'cold, cache off', flags: ['--cache', 'off'] },
  { id: 'cold, saving', prepare: emptyCache },
  { id: 'nothing changed', bar: 0.04 },
  { id: 'nothing changed, image not at hand', prepare: forgetImages },
  {
    id: 'another datastore',
    flags: ['--environment', 'DIB_BENCH_DATASTORE=postgresql', '--image-name', 'other'],
  },
  {
    id: 'post-install script changed',
    bar: 0.16,
    prepare: () => change('bench-last', 'post-install.d/97-bench-last'),
  },
  {
    id: 'last install script changed',
    bar: 0.3,
    prepare: () => change('bench-last', 'install.d/98-bench-last'),
  },
  { id: 'guest-agent source changed', bar: 0.35, prepare: commit },
  {
    id: 'package configuration changed',
    bar: 0.35,
    prepare: () => change('trove-guest-agent-package', 'install.d/40-trove-guest-agent-package'),
  },
];

makeElements();
const results = [];
try {
  const plain = values['plain-seconds']
    ? { id: 'plain disk-image-create', ms: Number(values['plain-seconds']) * 1000, phases: [] }
    : await runPlain();
  report(plain, plain);
  for (const scenario of scenarios.filter(({ id }) => isWanted(id)))
    report(await runOurs(scenario), plain);
  compareSaving(plain);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(JSON.stringify({ scenarios: results.map(({ phases: _phases, ...row }) => row) }));

function isWanted(id) {
  return values.only === undefined || values.only.split(',').some((part) => id.includes(part));
}

function report(result, plain) {
  const row = { ...result, ratio: Number((result.ms / plain.ms).toFixed(3)) };
  results.push(row);
  const bar =
    row.bar === undefined
      ? ''
      : row.ratio <= row.bar
        ? `, bar ${row.bar} kept`
        : `, bar ${row.bar} MISSED`;
  console.log(`\n${row.id}: ${(row.ms / 1000).toFixed(1)} s, ratio ${row.ratio}${bar}`);
  for (const { name, startMs, endMs } of row.phases)
    console.log(`  ${((endMs - startMs) / 1000).toFixed(1).padStart(7)} s  ${name}`);
  for (const line of row.layers ?? []) console.log(`            ${line}`);
}

function compareSaving(plain) {
  const [off, saving] = ['cold, cache off', 'cold, saving'].map((id) =>
    results.find((row) => row.id === id),
  );
  if (off === undefined || saving === undefined) return;
  report(
    { id: 'overhead of saving', ms: Math.max(0, saving.ms - off.ms), bar: 0.08, phases: [] },
    plain,
  );
  const sizes = { layers: saving.layerBytes, image: saving.imageBytes };
  const ratio = Number((sizes.layers / sizes.image).toFixed(3));
  results.push({ id: 'size of all layers beside the qcow2', ...sizes, ratio, bar: 1.25 });
  console.log(
    `\nsize of all layers: ${sizes.layers} bytes, ${ratio} of the qcow2's ${sizes.image}; bar 1.25 ${ratio <= 1.25 ? 'kept' : 'MISSED'}`,
  );
  const other = results.find((row) => row.id === 'another datastore');
  if (other === undefined) return;
  const more = Number((other.savedBytes / saving.layerBytes).toFixed(3));
  results.push({
    id: 'size that another datastore adds',
    bytes: other.savedBytes,
    ratio: more,
    bar: 0.1,
  });
  console.log(
    `another datastore adds ${other.savedBytes} bytes, ${more} of the layers; bar 0.1 ${more <= 0.1 ? 'kept' : 'MISSED'}`,
  );
}

/** disk-image-create as a person calls it: it writes a qcow2 by itself, with its own compression. */
async function runPlain() {
  const plan = JSON.parse(
    run('bin/trove-image', ['build', ...guest, ...own, '--dry-run', '--json', '--cache', 'off'])
      .split('\n')
      .at(-1),
  );
  const workspace = join(work, 'trove-image-plainA');
  for (const name of ['out', 'home', 'cache', 'locks', 'manifests'])
    mkdirSync(join(workspace, name), { recursive: true });
  const environment = {
    ...plan.environment,
    PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    HOME: join(workspace, 'home'),
    LANG: 'C.UTF-8',
    USER: 'root',
    ELEMENTS_PATH: plan.elementsPath.join(':'),
    PYTHONHASHSEED: '0',
    DIB_IMAGE_CACHE: join(workspace, 'cache'),
    DIB_LOCKFILES: join(workspace, 'locks'),
    DIB_MANIFEST_SAVE_DIR: join(workspace, 'manifests'),
    DIB_NO_TIMESTAMP: '1',
    DIB_DEBUG_TRACE: '0',
  };
  const format = plan.arguments.indexOf('-t') + 1;
  const words = plan.arguments.map((word, index) => (index === format ? 'qcow2' : word));
  const command = ['disk-image-create', '-o', join(workspace, 'out', 'image.qcow2'), ...words];
  writeFileSync(
    join(workspace, 'environment'),
    Object.entries(environment)
      .map(([name, value]) => `${name}=${value}\0`)
      .join(''),
  );
  writeFileSync(join(workspace, 'arguments'), command.map((word) => `${word}\0`).join(''));
  const standIns = plan.host.deviceMapper ? '-' : join(root, 'host/no-device-mapper');
  const argv = [
    join(root, 'host/run-build'),
    workspace,
    '0:0',
    String(plan.host.tmpfsBytes ?? 0),
    standIns,
  ];
  settle();
  const result = await follow(argv);
  const imageBytes = statSync(join(workspace, 'out', 'image.qcow2')).size;
  rmSync(workspace, { recursive: true });
  return {
    id: 'plain disk-image-create',
    ms: result.ms,
    rawMs: result.rawMs,
    imageBytes,
    phases: result.phases,
  };
}

/** Runs a program and follows diskimage-builder's log in its output. */
async function follow([program, ...args]) {
  const startMs = performance.now();
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let timeline = emptyTimeline;
  let rawMs = null;
  const lines = [];
  const read = async (stream) => {
    for await (const line of createInterface({ input: stream })) {
      const atMs = performance.now() - startMs;
      if (line.startsWith('Converting image')) rawMs = Math.round(atMs);
      timeline = followLine(timeline, line, atMs);
      lines.push(line);
    }
  };
  const [status] = await Promise.all([
    new Promise((resolve) => child.on('close', resolve)),
    read(child.stdout),
    read(child.stderr),
  ]);
  if (status !== 0)
    throw new Error(`${program} ended with ${status}:\n${lines.slice(-20).join('\n')}`);
  const ms = Math.round(performance.now() - startMs);
  return { ms, rawMs, phases: fillGaps(timeline.phases, ms) };
}

async function runOurs({ id, bar, flags = [], prepare = () => {} }) {
  prepare();
  const output = join(work, 'images');
  const args = [
    'build',
    ...guest,
    ...own,
    '--output-dir',
    output,
    '--work-dir',
    work,
    '--cache-path',
    join(work, 'cache'),
    ...flags,
    '--json',
  ];
  settle();
  const startMs = performance.now();
  const outputs = JSON.parse(run('bin/trove-image', args).split('\n').at(-1));
  const ms = Math.round(performance.now() - startMs);
  const manifest = JSON.parse(readFileSync(outputs['manifest-path'], 'utf8'));
  const layers = JSON.parse(outputs.layers);
  const builtNow = !layers.some(({ position }) => position === 'image');
  return {
    ...{ id, ms, ...(bar === undefined ? {} : { bar }) },
    imageBytes: Number(outputs.size),
    layerBytes: layers.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    savedBytes: layers.reduce((sum, { sizeBytes, saved }) => sum + (saved ? sizeBytes : 0), 0),
    phases: builtNow ? manifest.phases : [],
    layers: layers.map(({ position, result, reason }) => `${result} ${position} ${reason}`.trim()),
  };
}

/** What the run before left to be written to the disk is not on the account of this one. */
function settle() {
  spawnSync('sync');
}

function run(program, args) {
  const ended = spawnSync(join(root, program), args, { encoding: 'utf8', maxBuffer: 1 << 28 });
  if (ended.status !== 0)
    throw new Error(
      `${program} ${args.join(' ')} ended with ${ended.status}:\n${ended.stderr.slice(-4000)}`,
    );
  return ended.stdout.trim();
}

function emptyCache() {
  rmSync(join(work, 'cache'), { recursive: true, force: true });
}

function forgetImages() {
  rmSync(join(work, 'cache', 'images'), { recursive: true, force: true });
}

function makeElements() {
  hook(
    'bench-agent',
    'install.d/31-bench-agent-install',
    'install -d /usr/share/bench\ncp -r /opt/bench-agent/agent.txt /usr/share/bench/',
  );
  write(
    join(elements, 'bench-agent', 'source-repository-bench-agent'),
    `bench-agent git /opt/bench-agent ${source} main\n`,
  );
  write(join(elements, 'bench-agent', 'element-deps'), 'source-repositories\n');
  hook('bench-last', 'install.d/98-bench-last', 'echo one > /usr/share/bench-last');
  // what is in an image because of its datastore: 20 MB that do not compress
  hook(
    'bench-last',
    'post-install.d/97-bench-last',
    `echo "\${DIB_BENCH_DATASTORE:-mysql}" > /usr/share/bench-datastore
head -c 20000000 /dev/urandom > /usr/share/bench-datastore-image`,
  );
  // a person's own copy of an element of ours: the one whose configuration is changed later
  spawnSync('cp', ['-a', join(root, 'elements', 'trove-guest-agent-package'), elements]);
  mkdirSync(source);
  git('init', '--quiet', '--initial-branch', 'main');
  commit();
}

function hook(element, path, body) {
  write(join(elements, element, path), `#!/bin/bash\nset -eu\nset -o pipefail\n${body}\n`, 0o755);
}

function write(path, text, mode = 0o644) {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
}

function change(element, path) {
  appendFileSync(join(elements, element, path), `# changed ${Date.now()}\n`);
}

function commit() {
  write(join(source, 'agent.txt'), `${Date.now()}\n`);
  git('add', '.');
  git(
    '-c',
    'user.name=bench',
    '-c',
    'user.email=bench@example.org',
    'commit',
    '--quiet',
    '--message',
    'bench',
  );
}

function git(...args) {
  const ended = spawnSync('git', ['-C', source, ...args], { encoding: 'utf8' });
  if (ended.status !== 0) throw new Error(ended.stderr);
}
