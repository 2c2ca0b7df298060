// How fast an image gets to Glance, against the official client with the same file and server, one after the other.
// Usage: npm run bench -- publish [--megabytes N] [--rounds N]. The last line is JSON.
import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createWriteStream, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(import.meta.dirname, '..');
const { values } = parseArgs({
  options: {
    megabytes: { type: 'string', default: '1024' },
    rounds: { type: 'string', default: '3' },
  },
});
const megabytes = Number(values.megabytes);
const rounds = Number(values.rounds);
const directory = mkdtempSync(join(tmpdir(), 'bench-publish-'));
const state = join(directory, 'stack');
const openstack = (...words) => {
  const done = spawnSync(join(root, 'scripts', 'openstack'), words, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`openstack ${words.join(' ')}: ${done.stderr}`);
  return done.stdout;
};

async function makeFile(path) {
  const hash = createHash('sha256');
  const stream = createWriteStream(path);
  for (let each = 0; each < megabytes; each += 1) {
    const block = randomBytes(1 << 20);
    hash.update(block);
    if (!stream.write(block)) await new Promise((resolve) => stream.once('drain', resolve));
  }
  await new Promise((resolve) => stream.end(resolve));
  return hash.digest('hex');
}

function writeManifest(name, sha256) {
  const recorded = JSON.parse(
    readFileSync(join(root, '__tests__', 'fixtures', 'manifest.json'), 'utf8'),
  );
  const buildId = createHash('sha256').update(name).digest('hex');
  const file = { format: 'raw', fileName: 'bench.raw', sizeBytes: megabytes << 20, sha256 };
  const path = join(directory, `${name}.json`);
  writeFileSync(path, JSON.stringify({ ...recorded, buildId, files: [file] }));
  return path;
}

/** Seconds until the program has ended, and the most memory that it had. */
async function measure(argv, environment) {
  const [program, ...words] = argv;
  const startedAt = performance.now();
  const child = spawn(program, words, {
    env: { PATH: process.env.PATH, HOME: directory, ...environment },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  let mostKilobytes = 0;
  const timer = setInterval(() => {
    const status = readStatus(child.pid);
    mostKilobytes = Math.max(mostKilobytes, Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 50);
  const code = await new Promise((resolve) => child.once('close', resolve));
  clearInterval(timer);
  if (code !== 0) throw new Error(`${argv.join(' ')}: exit code ${code}\n${said}`);
  const rate = /(\d+) MB\/s/.exec(said.split('\n').findLast((line) => line.includes('MB/s')) ?? '');
  return {
    seconds: (performance.now() - startedAt) / 1000,
    megabytes: mostKilobytes / 1024,
    rate: rate === null ? null : Number(rate[1]),
  };
}

function readStatus(pid) {
  try {
    return readFileSync(`/proc/${pid}/status`, 'utf8');
  } catch {
    return '';
  }
}

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

try {
  const { cloudsYaml } = JSON.parse(openstack('up', '--state', state, '--json', '--hours', '1'));
  const environment = { OS_CLIENT_CONFIG_FILE: cloudsYaml };
  const path = join(directory, 'bench.raw');
  const sha256 = await makeFile(path);
  const all = { client: [], ours: [] };
  const remove = (name) => {
    const words = ['--os-cloud', 'publisher', 'image', 'delete', name];
    spawnSync('openstack', words, { env: { ...process.env, ...environment } });
  };
  for (let round = 1; round <= rounds; round += 1) {
    const client = await measure(
      [
        ...['openstack', '--os-cloud', 'publisher', 'image', 'create', '--file', path],
        ...['--disk-format', 'raw', '--container-format', 'bare', `client-${round}`],
      ],
      environment,
    );
    remove(`client-${round}`);
    const name = `ours-${round}`;
    const ours = await measure(
      [
        ...[process.execPath, join(root, 'bin', 'trove-image'), 'publish', '--image-path', path],
        ...['--manifest-path', writeManifest(name, sha256), '--cloud', 'publisher'],
        ...['--glance-name', name],
      ],
      environment,
    );
    all.client.push(client);
    all.ours.push(ours);
    console.log(
      `round ${round}: client ${client.seconds.toFixed(1)} s, ${client.megabytes.toFixed(0)} MB of memory; ` +
        `ours ${ours.seconds.toFixed(1)} s, ${ours.megabytes.toFixed(0)} MB, ${ours.rate} MB/s while sending`,
    );
  }
  const ratio =
    median(all.client.map(({ seconds }) => seconds)) /
    median(all.ours.map(({ seconds }) => seconds));
  const memory = Math.max(...all.ours.map((each) => each.megabytes));
  const rows = [
    { id: 'throughput', ok: ratio >= 0.95, figure: `${ratio.toFixed(2)} of the official client` },
    { id: 'memory', ok: memory < 150, figure: `${memory.toFixed(0)} MB with ${megabytes} MB` },
  ];
  console.log(JSON.stringify({ rows }));
} finally {
  openstack('down', '--state', state);
  rmSync(directory, { recursive: true });
}
