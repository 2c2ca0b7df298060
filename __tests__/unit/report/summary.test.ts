import { describe, expect, it } from '@jest/globals';
import { renderFailureSummary, renderSummary } from '../../../src/core/report/summary.ts';
import { manifestOf, recordedLayers, recordedPhases } from '../support/record.ts';

const url = 'https://ci.example.org/runs/1/artifacts/42';
const text = renderSummary(manifestOf(), url);

/** The lines of the fenced block that begins with ```NAME. */
function blockOf(markdown: string, name: string): readonly string[] {
  const lines = markdown.split('\n');
  const start = lines.indexOf(`\`\`\`${name}`);
  return lines.slice(start + 1, lines.indexOf('```', start + 1));
}

const commit = 'c0ffee'.padEnd(40, '0');
const image = {
  datastore: 'postgresql',
  version: '18',
  role: 'database',
  source: 'r.example.org/postgres:18',
  target: 'postgres:18',
  digest: `sha256:${'1'.repeat(64)}`,
  manifestDigest: `sha256:${'2'.repeat(64)}`,
  configDigest: `sha256:${'3'.repeat(64)}`,
  sizeBytes: 157_286_400,
} as const;

describe('the summary of an image', () => {
  const guest = { ...manifestOf().guest, isDevelopment: true };

  it.each([
    [{ guest }, 'the password of `debian`, which is its name.'],
    [{ holdsSecrets: ['root-password'] }, 'a password of root (`root-password`)'],
    [{ guest, holdsSecrets: ['ssh-dir'] }, 'and a private ssh key (`ssh-dir`)'],
  ])('that somebody must not have (%j) says so before everything else', (changes, part) => {
    const lines = renderSummary({ ...manifestOf(), ...changes }, url).split('\n');
    expect(lines[2]).toBe('> [!CAUTION]');
    expect(lines[3]).toContain(part);
    expect(lines[3]).toMatch(/It must not leave your site\.$/);
  });

  it('from source tells commit and constraints', () => {
    const trove = {
      origin: 'https://opendev.org/openstack/trove',
      ref: 'stable/2025.1',
      series: 'stable/2025.1',
      commit,
      isDirty: true,
      constraints: 'https://releases.openstack.org/constraints/upper/2025.1',
      constraintsSha256: 'd'.repeat(64),
    };
    const summary = renderSummary({ ...manifestOf(), trove }, url);
    expect(summary).toContain(
      `| Trove | \`https://opendev.org/openstack/trove\` \`stable/2025.1\`, commit \`${commit}\`, **with changes that are not committed** |`,
    );
    expect(summary).toContain(`sha256 \`${'d'.repeat(64)}\``);
  });

  it('with container images tells their digests, and registers the datastore that it has', () => {
    const summary = renderSummary({ ...manifestOf(), containerImages: [image] }, url);
    expect(summary).toContain(
      `| Container images | \`postgres:18\` \`${image.manifestDigest}\`, 150.0 MiB from \`r.example.org/postgres:18\` |`,
    );
    expect(summary).toContain(
      'openstack datastore version create 18 postgresql postgresql "" --image-tags trove,postgresql',
    );
  });
});

describe('the summary of a build', () => {
  it('says first what an operator wants to know first', () => {
    expect(text.split('\n').slice(0, 3)).toEqual([
      '## Trove guest image trove-guest-debian-bookworm.qcow2',
      '',
      'Debian 12 (bookworm), amd64, guest agent 1:18.0.0-2, 518.6 MiB, built in 2 min 58 s.',
    ]);
  });

  it('has a table of two columns, whatever is in its cells', () => {
    const lines = text.split('\n');
    const start = lines.indexOf('| | |');
    const rows = lines.slice(start, lines.indexOf('', start));
    expect(rows.length).toBeGreaterThan(6);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(3);
  });

  it('links the artifact, or says that there is none', () => {
    expect(text).toContain(
      `| Artifact | [download](${url}); its digest is the sha256 of the image |`,
    );
    expect(renderSummary(manifestOf(), '')).toContain('| Artifact | not uploaded |');
  });

  it('names every source with its date', () => {
    const row = text.split('\n').find((line) => line.startsWith('| Sources |')) ?? '';
    expect(row.split('<br>')).toHaveLength(3);
    expect(row).toContain(
      '`http://archive.example.org/debian bookworm` of Sat, 21 Nov 2026 02:10:46 UTC',
    );
  });

  it('escapes pipes and backticks where a value has them', () => {
    const odd = manifestOf({}, { toolVersions: { 'diskimage-builder': 'a|b`c' } });
    expect(renderSummary(odd, url)).toContain("| diskimage-builder | `a\\|b'c` |");
  });

  it('says that every rule holds, that one does not, or that nothing was checked', () => {
    expect(text).toContain('All 18 rules hold; ');
    const violations = [{ path: '/tmp/x', reason: 'was left by the build' }];
    const broken = manifestOf(
      {},
      { checks: [{ rule: 'temporary-files', summary: '/tmp is empty', violations }] },
    );
    expect(renderSummary(broken, url)).toContain(
      '- **temporary-files** `/tmp/x` was left by the build',
    );
    expect(renderSummary(broken, url)).toContain('**1 of 1 rules do not hold.**');
    expect(renderSummary(manifestOf({}, { checks: [] }), url)).toContain('Off (`verify: off`)');
  });

  it('lists the packages in a folded block', () => {
    expect(text).toContain('<details><summary>10 packages</summary>');
    expect(text).toContain('\ntrove-guestagent 1:18.0.0-2\n');
  });

  it('closes every block and every fold', () => {
    expect(text.match(/^```/gm)?.length).toBe(6);
    expect(text.match(/<details>/g)).toHaveLength(2);
    expect(text.match(/<\/details>/g)).toHaveLength(2);
  });
});

describe('the layers in the summary', () => {
  it('are a table: what was found, what was made anew, why, and whether it is kept', () => {
    const lines = text.split('\n');
    const start = lines.indexOf('### Layers');
    expect(lines.slice(start + 2, start + 9)).toEqual([
      '1 of 3 from the cache, which spared 24 s.',
      '',
      '| after | | size | time | why |',
      '|---|---|--:|--:|---|',
      '| `root` | hit | 96.0 MiB | −24 s |  |',
      '| `install.d/03-trove-guest-fast-build` | built | 200.0 MiB | 1 min 2 s | packages of install changed; saved |',
      '| `post-install.d/99-x` | built |  | 1 s | script install.d/a\\|b changed; not saved |',
    ]);
  });

  it('of an image that is used again are the image itself', () => {
    const reused = { ...recordedLayers[0], position: 'image' };
    const summary = renderSummary(manifestOf(), url, [reused]);
    expect(summary).toContain(
      '### Layers\n\nNothing has changed: this is the image that was built at 2026-11-22T22:11:17.384Z; its digest was checked.\n',
    );
    expect(summary).not.toContain('| after |');
  });

  it('are not mentioned where there are none', () => {
    expect(text).toContain('### Layers');
    expect(renderSummary(manifestOf({}, { layers: [] }), url)).not.toContain('### Layers');
  });
});

describe('the chart', () => {
  const [kind, dateFormat, axisFormat, ...bars] = blockOf(text, 'mermaid').map((line) =>
    line.trim(),
  );

  it('is a Gantt chart of milliseconds', () => {
    expect([kind, dateFormat, axisFormat]).toEqual(['gantt', 'dateFormat x', 'axisFormat %M:%S']);
  });

  it('has one bar per phase, in order', () => {
    expect(bars).toHaveLength(recordedPhases.length);
    for (const [index, phase] of recordedPhases.entries()) {
      expect(bars[index]?.startsWith(`${phase.name} `)).toBe(true);
      expect(bars[index]).toMatch(new RegExp(` : ${phase.startMs}, ${phase.endMs}$`));
    }
  });

  it('uses no character that means something to mermaid but in its place', () => {
    for (const bar of bars) expect(bar).toMatch(/^[a-z][a-z -]* \d+ s : \d+, \d+$/);
  });

  it('gives a phase of no duration a bar that can be seen', () => {
    const phases = [{ name: 'root', startMs: 5, endMs: 5, scripts: [] }];
    expect(blockOf(renderSummary(manifestOf({}, { phases }), url), 'mermaid').at(-1)).toBe(
      '  root 0 s : 5, 6',
    );
  });

  it('is followed by the scripts that took longer than a second, and only by those', () => {
    const slow = recordedPhases
      .flatMap(({ scripts }) => scripts)
      .filter(({ startMs, endMs }) => (endMs ?? startMs) - startMs >= 1000);
    const rows = text.split('\n').filter((line) => / \| \d+\.\d \|$/.test(line));
    expect(rows).toHaveLength(slow.length);
    expect(rows).toContain('| root | `08-debootstrap` | 24.2 |');
  });
});

describe('how to use the image', () => {
  /** Names of disk formats in the Image service: its own, not those of qemu-img. */
  const formats = [
    ['qcow2', 'qcow2'],
    ['raw', 'raw'],
    ['vmdk', 'vmdk'],
    ['vhd', 'vhd'],
  ] as const;

  it.each(formats)('as %s is said with the disk format %s', (format, diskFormat) => {
    const commands = blockOf(
      renderSummary(manifestOf({ formats: format, 'image-name': 'guest' }), url),
      'sh',
    ).join('\n');
    expect(commands).toContain('sha256sum --check --ignore-missing SHA256SUMS\n');
    expect(commands).toContain(
      `openstack image create --file guest.${format} --disk-format ${diskFormat} --container-format bare \\\n`,
    );
    expect(commands).toMatch(/ --tag trove --tag mysql guest$/m);
    expect(commands).toMatch(/^openstack datastore version create VERSION mysql /m);
  });
});

describe('the note on zstd', () => {
  it('stands where the first file needs a new QEMU, and only there', () => {
    const noteOf = (raw: Parameters<typeof manifestOf>[0]) =>
      /needs? QEMU 5\.1/.test(renderSummary(manifestOf(raw), url));
    expect(noteOf({})).toBe(true);
    expect(noteOf({ compression: 'zlib' })).toBe(false);
    expect(noteOf({ compression: 'none' })).toBe(false);
    expect(noteOf({ formats: 'raw' })).toBe(false);
  });
});

describe('the summary of a failed build', () => {
  const problems = [
    {
      message: 'mirror: http://archive.example.org/debian has no release trixie.',
      hint: 'Check guest-release.',
    },
    { message: 'There is no usable loop device.', hint: 'Load the module.' },
  ];

  it('names every problem with what to do, and shows the lines that matter', () => {
    expect(renderFailureSummary('Trove guest image: failed', problems, ['E: one', 'E: two'])).toBe(
      [
        '## Trove guest image: failed',
        '',
        '- mirror: http://archive.example.org/debian has no release trixie.',
        '  **What to do:** Check guest-release.',
        '- There is no usable loop device.',
        '  **What to do:** Load the module.',
        '',
        '```',
        'E: one',
        'E: two',
        '```',
        '',
      ].join('\n'),
    );
  });

  it('has no block where there are no lines', () => {
    expect(renderFailureSummary('x', problems, [])).not.toContain('```');
  });

  it('is not ended early by a line of the log', () => {
    const summary = renderFailureSummary('x', [], ['```', '</details>', '````js', '<script>']);
    expect(summary.match(/^`{3,}/gm)).toHaveLength(2);
    expect(summary).toContain('<script>');
  });

  it('shows markup in a message as the text that it is', () => {
    const message = 'image-name: got "<img src=x onerror=y>`*b*", accepts letters.';
    expect(renderFailureSummary('x', [{ message, hint: 'Correct it.' }], [])).not.toMatch(/<img/);
  });
});
