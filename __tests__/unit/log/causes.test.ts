import { describe, expect, it } from '@jest/globals';
import { knownCauses } from '../../../src/core/log/causes.ts';
import { diagnose } from '../../../src/core/log/diagnose.ts';
import { findOwner, follow, inScript } from '../support/log.ts';
import { readTimedLog } from '../support/recordings.ts';

const packages = ['install', '01-package-installs', 'package-installs'] as const;
const bootstrap = ['root', '08-debootstrap', 'debootstrap'] as const;
const ours = ['install', '20-trove-guest-system', 'trove-guest-system'] as const;
const archive = 'http://archive.example.org/debian';

/** [cause, [phase, script, element], exit code, the end of the log as apt, dpkg, debootstrap and bash print it] */
const seeded = [
  [
    'package-not-found',
    packages,
    100,
    [
      'Reading package lists...',
      'Building dependency tree...',
      'E: Unable to locate package trove-gestagent',
    ],
  ],
  [
    'package-not-found',
    packages,
    100,
    [
      'Package mysql-server is not available, but is referred to by another package.',
      "E: Package 'mysql-server' has no installation candidate",
    ],
  ],
  [
    'broken-dependencies',
    packages,
    100,
    [
      'The following packages have unmet dependencies:',
      ' docker.io : Depends: containerd (>= 1.4~) but it is not going to be installed',
      'E: Unable to correct problems, you have held broken packages.',
    ],
  ],
  [
    'signature-unknown',
    packages,
    100,
    [
      `Err:1 ${archive} bookworm InRelease`,
      "  The following signatures couldn't be verified because the public key is not available: NO_PUBKEY 0E98404D386FA1D9",
      `E: The repository '${archive} bookworm InRelease' is not signed.`,
    ],
  ],
  [
    'signature-unknown',
    packages,
    100,
    [
      `W: GPG error: ${archive} bookworm InRelease: The following signatures were invalid: EXPKEYSIG 648ACFD622F3D138 Archive Key`,
    ],
  ],
  [
    'signature-unknown',
    bootstrap,
    1,
    [
      'I: Checking Release signature',
      'E: Release signed by unknown key (key id 871920D1991BC93C)',
      '   The specified keyring /usr/share/keyrings/debian-archive-keyring.gpg may be incorrect or out of date.',
    ],
  ],
  [
    'signature-unknown',
    bootstrap,
    1,
    ['I: Checking Release signature', 'E: Invalid Release signature (key id 871920D1991BC93C)'],
  ],
  [
    'hash-mismatch',
    packages,
    100,
    [
      `E: Failed to fetch ${archive}/pool/main/d/docker.io/docker.io_20.10_amd64.deb  Hash Sum mismatch`,
      '   Hashes of expected file:',
    ],
  ],
  [
    'hash-mismatch',
    packages,
    100,
    [
      `E: Failed to fetch ${archive}/dists/bookworm/main/binary-amd64/Packages.xz  File has unexpected size (8789240 != 8788956). Mirror sync in progress? [IP: 192.0.2.1 80]`,
    ],
  ],
  [
    'name-resolution',
    packages,
    100,
    [
      `Err:1 ${archive} bookworm InRelease`,
      "  Temporary failure resolving 'archive.example.org'",
      `E: Failed to fetch ${archive}/dists/bookworm/InRelease  Temporary failure resolving 'archive.example.org'`,
    ],
  ],
  [
    'container-images-not-embedded',
    ours,
    1,
    [
      'Container images cannot be embedded: docker chose the storage driver vfs, and the guest’s is overlay2.',
    ],
  ],
  [
    'python-package-not-found',
    ours,
    1,
    [
      "WARNING: Retrying (Retry(total=0, connect=None)) after connection broken by 'NewConnectionError(...: [Errno -2] Name or service not known')': /simple/pbr/",
      'ERROR: Could not find a version that satisfies the requirement pbr>=6.0.0 (from versions: none)',
      'ERROR: No matching distribution found for pbr>=6.0.0',
    ],
  ],
  ['name-resolution', ours, 6, ['curl: (6) Could not resolve host: files.example.org']],
  [
    'name-resolution',
    ours,
    4,
    [
      'Resolving files.example.org (files.example.org)... failed: Name or service not known.',
      'wget: unable to resolve host address ‘files.example.org’',
    ],
  ],
  [
    'name-resolution',
    bootstrap,
    1,
    [
      'wget: unable to resolve host address ‘archive.example.org’',
      `E: Failed getting release file ${archive}/dists/trixie/Release`,
    ],
  ],
  [
    'download-failed',
    packages,
    100,
    [
      `Err:1 ${archive} bookworm/main amd64 vim amd64 2:9.0`,
      '  404  Not Found [IP: 192.0.2.1 80]',
      `E: Failed to fetch ${archive}/pool/main/v/vim/vim_9.0_amd64.deb  404  Not Found [IP: 192.0.2.1 80]`,
      'E: Unable to fetch some archives, maybe run apt-get update or try with --fix-missing?',
    ],
  ],
  [
    'download-failed',
    packages,
    100,
    [
      'E: Failed to fetch http://127.0.0.1:3142/x  Could not connect to 127.0.0.1:3142 (127.0.0.1). - connect (111: Connection refused)',
    ],
  ],
  [
    'download-failed',
    bootstrap,
    1,
    [
      "W: Couldn't download package perl-base (ver 5.36 arch amd64) at x",
      "E: Couldn't download packages: perl-base",
    ],
  ],
  [
    'download-failed',
    bootstrap,
    1,
    [
      'I: Retrieving InRelease ',
      'I: Retrieving Release ',
      `E: Failed getting release file ${archive}/dists/trixie/Release`,
    ],
  ],
  [
    'download-failed',
    bootstrap,
    1,
    [
      'I: Retrieving Packages ',
      `E: Couldn't download ${archive}/dists/trixie/main/binary-amd64/Packages.xz`,
    ],
  ],
  [
    'dpkg-failed',
    packages,
    100,
    [
      'Setting up mysql-server (8.0) ...',
      'dpkg: error processing package mysql-server (--configure):',
      ' installed mysql-server package post-installation script subprocess returned error exit status 1',
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ],
  ],
  [
    'apt-locked',
    packages,
    100,
    [
      'E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 4711 (unattended-upgr)',
      'E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), is another process using it?',
    ],
  ],
  [
    'unbound-variable',
    ours,
    1,
    ['/tmp/in_target.d/install.d/20-trove-guest-system: line 12: GUEST_USERNAME: unbound variable'],
  ],
  [
    'command-not-found',
    ours,
    127,
    ['/tmp/in_target.d/install.d/20-trove-guest-system: line 9: jq: command not found'],
  ],
  [
    'command-not-found',
    ours,
    127,
    ['/tmp/in_target.d/install.d/20-trove-guest-system: 9: jq: not found'],
  ],
  ['command-not-found', ours, 127, ['/usr/bin/env: ‘python’: No such file or directory']],
  [
    'not-executable',
    ours,
    126,
    [
      '/usr/local/bin/dib-run-parts: line 126: /tmp/in_target.d/install.d/20-trove-guest-system: Permission denied',
    ],
  ],
  [
    'guest-disk-full',
    packages,
    100,
    [
      'dpkg: error processing archive /var/cache/apt/archives/linux-image_6.1_amd64.deb (--unpack):',
      " cannot copy extracted data for './boot/vmlinuz' to '/boot/vmlinuz.dpkg-new': failed to write (No space left on device)",
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ],
  ],
  [
    'guest-disk-full',
    packages,
    100,
    [
      'Need to get 412 MB of archives.',
      "E: You don't have enough free space in /var/cache/apt/archives/.",
    ],
  ],
  [
    'out-of-memory',
    ours,
    137,
    [
      '/tmp/in_target.d/install.d/20-trove-guest-system: line 2: 23217 Killed                  python3 -m compileall -q /usr',
    ],
  ],
  ['out-of-memory', ours, 1, ['/usr/bin/bash: fork: Cannot allocate memory']],
] as const satisfies readonly (readonly [
  string,
  readonly [string, string, string],
  number,
  readonly string[],
])[];

const outside = [
  ['loop-device-failed', ['losetup: cannot find an unused loop device']],
  [
    'loop-device-failed',
    ['losetup: /b/image0.raw: failed to set up loop device: Device or resource busy'],
  ],
  [
    'partition-mapping',
    [
      '/dev/mapper/control: open failed: Operation not permitted',
      'Failure to communicate with kernel device-mapper driver.',
    ],
  ],
  [
    'partition-mapping',
    [
      'device-mapper: reload ioctl on loop0p1  failed: Invalid argument',
      'create/reload failed on loop0p1',
    ],
  ],
  ['guest-disk-full', ["cp: error writing '/b/mnt/usr/lib/libLLVM.so': No space left on device"]],
] as const;

describe('a seeded failure', () => {
  it.each(seeded)(
    'is %s in %j with exit code %d: %j',
    (cause, [phase, script, element], exitCode, tail) => {
      const diagnosis = diagnose(follow(inScript(phase, script, ...tail)), exitCode, findOwner);
      expect({ ...diagnosis, cause: diagnosis.cause?.code, lines: [] }).toEqual({
        phase,
        script,
        element,
        file: expect.stringMatching(new RegExp(`/elements/${element}/${phase}\\.d/${script}$`)),
        exitCode,
        lines: [],
        cause,
      });
    },
  );

  it.each(outside)('between the scripts is %s', (cause, tail) => {
    const lines = [...inScript('post-install', '96-x'), 'dib-run-parts 96-x completed', ...tail];
    const diagnosis = diagnose(follow(lines), 1, findOwner);
    expect(diagnosis).toMatchObject({
      phase: null,
      script: null,
      element: null,
      file: null,
      cause: { code: cause },
    });
  });
});

describe('the chatter of a build that went well', () => {
  const log = readTimedLog('debian-bookworm-build.log').map(([, line]) => line);
  const ends = log.flatMap((line, index) =>
    /dib-run-parts \S+ completed$/.test(line) ? [index] : [],
  );

  it('is no cause, should a script end without saying why', () => {
    const claimed = ends.flatMap((end) => {
      const { script, cause } = diagnose(follow(log.slice(0, end)), 1, findOwner);
      return cause === null ? [] : [`${script}: ${cause.code}`];
    });
    expect(ends.length).toBeGreaterThan(50);
    expect(claimed).toEqual([]);
  });

  it('is assigned to the element that has the script', () => {
    for (const end of ends) {
      const { script, element } = diagnose(follow(log.slice(0, end)), 1, findOwner);
      expect([script, element]).toEqual([script, expect.any(String)]);
    }
  });
});

describe('a known cause', () => {
  it('has an example here', () => {
    const shown = new Set<string>([...seeded, ...outside].map(([code]) => code));
    expect(knownCauses.map(({ code }) => code).filter((code) => !shown.has(code))).toEqual([]);
  });

  it('has a code of its own, a fact and a next action', () => {
    expect(new Set(knownCauses.map(({ code }) => code)).size).toBe(knownCauses.length);
    for (const { message, hint } of knownCauses)
      expect([message, hint].join(' ')).toMatch(/^[A-Z].*\. [A-Z].*\.$/);
  });
});
