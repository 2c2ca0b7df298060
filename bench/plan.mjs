// How long it takes to plan the matrix of a large repository: npm run bench -- plan.
//   --elements N       elements of the repository (1000)
//   --images N         images of its catalogue, 256 at most (200)
//   --times N          runs of each scenario, of which the median counts (5)
//   --json             (always) the last line is {"scenarios": [{id, ms, cpuMs, built, bar}]}
// Makes a git repository below --directory (/var/tmp), plans with bin/trove-image, and removes it. Builds nothing.
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    elements: { type: 'string', default: '1000' },
    images: { type: 'string', default: '200' },
    times: { type: 'string', default: '5' },
    directory: { type: 'string', default: '/var/tmp' },
    json: { type: 'boolean' },
  },
});
const [elementCount, imageCount, times] = [values.elements, values.images, values.times].map(
  Number,
);
const program = join(import.meta.dirname, '..', 'bin', 'trove-image');
const work = mkdtempSync(join(values.directory, 'bench-plan-'));
const barMs = 2000;

const scenarios = [
  { id: 'nothing changed', change: () => undefined },
  { id: 'a script of one image', change: () => append('elements/site-7/install.d/50-site-7') },
  {
    id: 'a script that all images use',
    change: () => append('elements/site-0/install.d/50-site-0'),
  },
  { id: 'a default of the catalogue', change: () => write('trove-images.yml', catalogue('vim')) },
];

try {
  makeRepository();
  const results = scenarios.map(measure);
  console.log(JSON.stringify({ elements: elementCount, images: imageCount, scenarios: results }));
  if (results.some(({ ms }) => ms > barMs)) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}

function measure({ id, change }) {
  git('checkout', '--quiet', '--', '.');
  change();
  const runs = Array.from({ length: times }, run).sort((a, b) => a.ms - b.ms);
  const { ms, cpuMs, built } = runs[Math.floor(times / 2)];
  console.log(`${id.padEnd(32)} ${ms} ms, ${cpuMs} ms of processor, ${built} images to build`);
  return { id, ms, cpuMs, built, bar: barMs };
}

function run() {
  const started = process.hrtime.bigint();
  // its times are those of the command and all that it starts
  const timed = ['-c', 'TIMEFORMAT="%U %S"; time "$@"', 'bash', program];
  const result = spawnSync('bash', [...timed, 'plan', '--base', 'HEAD', '--json'], {
    cwd: work,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  const ms = Math.round(Number(process.hrtime.bigint() - started) / 1e6);
  if (result.status !== 0) throw new Error(result.stderr);
  const { count } = JSON.parse(result.stdout.trim().split('\n').at(-1));
  const [user, system] = result.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { ms, cpuMs: Math.round((user + system) * 1000), built: count };
}

/** Each element has a script, two files and a list of packages; all depend on the first, and every fifth on another. */
function makeRepository() {
  for (let index = 0; index < elementCount; index += 1) {
    const name = `site-${index}`;
    const place = `elements/${name}`;
    write(`${place}/install.d/50-${name}`, `#!/bin/bash\nset -eu\necho ${name}\n`, 0o755);
    write(`${place}/post-install.d/60-${name}`, `#!/bin/bash\nset -eu\necho ${name}\n`, 0o755);
    write(`${place}/static/etc/${name}.conf`, `name=${name}\n`);
    write(`${place}/package-installs.yaml`, `package-${name}:\n`);
    write(`${place}/README.rst`, `${name}\n`);
    const dependencies = [
      ...(index > 0 ? ['site-0'] : []),
      ...(index % 5 === 4 ? [`site-${index - 1}`] : []),
    ];
    write(`${place}/element-deps`, dependencies.map((each) => `${each}\n`).join(''));
  }
  write('trove-images.yml', catalogue('htop'));
  git('init', '--quiet', '--initial-branch', 'main');
  git('add', '--all');
  git('commit', '--quiet', '--message', 'All');
}

/** Every image has an equal part of the elements, at least one. */
function catalogue(packageName) {
  const part = Math.max(1, Math.floor(elementCount / imageCount));
  const images = Array.from({ length: imageCount }, (_, index) => {
    const names = Array.from(
      { length: part },
      (_each, at) => `site-${(index * part + at) % elementCount}`,
    );
    return `  image-${index}: { elements: [${names.join(', ')}], image-size: ${3 + (index % 5)} }`;
  });
  return [
    'version: 1',
    'defaults:',
    '  guest-release: bookworm',
    '  elements-path: elements',
    `  packages: [${packageName}]`,
    'images:',
    ...images,
    '',
  ].join('\n');
}

function write(path, text, mode = 0o644) {
  mkdirSync(dirname(join(work, path)), { recursive: true });
  writeFileSync(join(work, path), text, { mode });
}

function append(path) {
  appendFileSync(join(work, path), 'echo changed\n');
}

function git(...words) {
  const person = ['-c', 'user.name=bench', '-c', 'user.email=bench@example.org'];
  execFileSync('git', ['-C', work, ...person, ...words]);
}
