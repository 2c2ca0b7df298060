/** Failures that operators really meet: what stands in the log, what it means, what to do. The first match counts. */
export interface KnownCause {
  readonly code: string;
  readonly pattern: RegExp;
  readonly message: string;
  readonly hint: string;
}

export const knownCauses: readonly KnownCause[] = [
  {
    code: 'guest-disk-full',
    pattern: /No space left on device|You don't have enough free space in/,
    message: 'A disk was full: the work directory, or the image itself.',
    hint: 'Raise image-size; if work-dir is the one that is full, give a directory on a larger disk.',
  },
  {
    code: 'package-not-found',
    pattern: /E: Unable to locate package (\S+)|E: Package '(\S+)' has no installation candidate/,
    message: 'The archive has no such package for this release.',
    hint: 'Check its name and release in the input packages or in the element that installs it.',
  },
  {
    code: 'broken-dependencies',
    pattern: /unmet dependencies|held broken packages/,
    message: 'Packages ask for versions of each other that the archive does not have.',
    hint: 'A mirror in the middle of an update or suites of different releases: try again, or check mirror.',
  },
  {
    code: 'signature-unknown',
    pattern:
      /NO_PUBKEY|is not signed|unknown key|[Ii]nvalid (Release )?signature|Release signed by unknown key|EXPKEYSIG/,
    message: 'The archive is signed with a key that the keyring does not have.',
    hint: 'Check that mirror is an archive of this distribution; if it is, its keyring is newer than the one used here.',
  },
  {
    code: 'hash-mismatch',
    pattern: /Hash Sum mismatch|File has unexpected size/,
    message: 'The archive handed out a file that differs from its own index.',
    hint: 'The mirror is being updated, or a proxy on the way is broken: try again, or use another mirror.',
  },
  {
    code: 'container-images-not-embedded',
    pattern: /Container images cannot be embedded: (.*)/,
    message: "The guest's docker did not take the container images.",
    hint: 'The sentence behind the colon says why; see docs/datastores.md.',
  },
  {
    code: 'python-package-not-found',
    pattern:
      /No matching distribution found for (\S+)|Could not find a version that satisfies the requirement (\S+)/,
    message: 'The Python index did not give a package that the guest agent needs.',
    hint: 'Check that the index answers on this machine (python-index names another one), and that upper-constraints are those of this Trove.',
  },
  {
    code: 'name-resolution',
    pattern:
      /Temporary failure resolving|Could not resolve (host)?|Name or service not known|unable to resolve host address/,
    message: 'A host name could not be resolved during the build.',
    hint: 'Check name resolution and proxy of this machine, and the host in mirror.',
  },
  {
    code: 'download-failed',
    pattern:
      /Failed to fetch|Failed getting release file|Couldn't download |Connection (timed out|refused|reset)|404 +Not Found/,
    message: 'A download failed.',
    hint: 'Check that mirror can be reached and has this release; a passing fault goes away when you try again.',
  },
  {
    code: 'dpkg-failed',
    pattern:
      /dpkg: error processing package (\S+)|Sub-process \/usr\/bin\/dpkg returned an error code/,
    message: 'The installation script of a package failed.',
    hint: 'The lines above name the package; its script may want a running service, which a chroot does not have.',
  },
  {
    code: 'apt-locked',
    pattern: /Could not get lock|Unable to acquire the dpkg frontend lock/,
    message: 'Another program holds the lock of the package manager.',
    hint: 'Wait for it to end (unattended upgrades, another build), and try again.',
  },
  {
    code: 'unbound-variable',
    pattern: /: (\w+): unbound variable/,
    message: 'An element reads a variable that nobody sets.',
    hint: 'Set it in the input environment; the README of the element says to what.',
  },
  {
    code: 'command-not-found',
    pattern:
      /command not found|^(?!.*\btype: ).*: not found$|\benv: .*: No such file or directory$/,
    message: 'A script calls a program that is not there.',
    hint: 'Install it: in the guest with the input packages, on this machine with its package manager.',
  },
  {
    code: 'not-executable',
    pattern: /Permission denied|cannot execute/,
    message: 'A file could not be executed or written.',
    hint: 'Hooks need mode 0755; the work directory must not be on a file system mounted noexec.',
  },
  {
    code: 'out-of-memory',
    pattern: /Cannot allocate memory|Out of memory|\b\d+ Killed\b|^Killed$/,
    message: 'A process ran out of memory.',
    hint: 'Use a machine with more memory.',
  },
  {
    code: 'loop-device-failed',
    pattern: /losetup: .*(failed|cannot find)|failed to set up loop device/,
    message: 'No loop device could be had.',
    hint: 'Detach unused ones (losetup --list), or load the loop module.',
  },
  {
    code: 'partition-mapping',
    pattern: /device-mapper: .*failed|\/dev\/mapper\/control/,
    message: 'The partitions of the image could not be mapped.',
    hint: 'The kernel has no working device-mapper: load dm_mod, or report this machine as a bug.',
  },
];
