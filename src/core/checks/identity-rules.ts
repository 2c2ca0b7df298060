import type { Evidence } from './evidence.ts';
import type { Rule, Violation } from './rule.ts';

/** What must be made anew in every instance, and what nobody but its owner may know. */
export const identityRules: readonly Rule[] = [
  {
    rule: 'ssh-host-keys',
    summary: 'no ssh host keys',
    find: (evidence) =>
      evidence
        .entriesMatching(/^\/etc\/ssh\/ssh_host_.*key(\.pub)?$/)
        .map(([path]) => ({ path, reason: 'every instance would have the same host key' })),
  },
  {
    rule: 'machine-id',
    summary: 'the machine id is made at first boot',
    find: (evidence) => [...checkMachineId(evidence), ...checkDbusId(evidence)],
  },
  {
    rule: 'random-seed',
    summary: 'no random seed',
    find: (evidence) =>
      evidence
        .entriesMatching(/^\/var\/lib\/(systemd\/random-seed|urandom\/random-seed)$/)
        .map(([path]) => ({ path, reason: 'every instance would start from the same randomness' })),
  },
  {
    rule: 'resolv.conf',
    summary: "resolv.conf is not the builder's",
    find: checkResolvConf,
  },
  {
    rule: 'private-keys',
    summary: 'no private keys of people, but one that was asked for',
    find: (evidence, { username, holdsSecrets }) =>
      evidence
        .entriesMatching(/^\/(root|home\/[^/]+)\/\.ssh\/(id_[^/.]+|authorized_keys|.*\.pem)$/)
        .filter(
          ([path]) => !holdsSecrets.includes('ssh-dir') || path !== `/home/${username}/.ssh/id_rsa`,
        )
        .map(([path]) => ({ path, reason: 'gives access to whoever has the other half' })),
  },
  {
    rule: 'passwords',
    summary: 'no account has a password, but one that was asked for',
    find: (evidence, { username, isDevelopment, holdsSecrets }) => {
      const allowed = [
        ...(isDevelopment ? [username] : []),
        ...(holdsSecrets.includes('root-password') ? ['root'] : []),
      ];
      const shadow = evidence.text('/etc/shadow');
      if (shadow === null) return [{ path: '/etc/shadow', reason: 'is missing' }];
      return shadow
        .split('\n')
        .map((line) => line.split(':'))
        .filter(
          ([name, hash]) => name && (hash === '' || /^!?\$|^[A-Za-z0-9./]{13}$/.test(hash ?? '')),
        )
        .filter(([name = '']) => !allowed.includes(name))
        .map(([name]) => ({
          path: '/etc/shadow',
          reason: `${name} has a password, or an empty one`,
        }));
    },
  },
];

function checkMachineId(evidence: Evidence): readonly Violation[] {
  const text = evidence.text('/etc/machine-id');
  if (text === null || text.trim() === '' || text.trim() === 'uninitialized') return [];
  return [
    {
      path: '/etc/machine-id',
      reason: 'is set: every instance would be the same machine to its network and journal',
    },
  ];
}

function checkDbusId(evidence: Evidence): readonly Violation[] {
  const entry = evidence.entry('/var/lib/dbus/machine-id');
  if (entry === undefined || entry[1] === 'l') return [];
  return entry[5] === 0 ? [] : [{ path: entry[0], reason: 'is set' }];
}

function checkResolvConf(evidence: Evidence): readonly Violation[] {
  const copy = '/etc/.resolv.conf.systemd-resolved.bak';
  const kept =
    evidence.entry(copy) === undefined
      ? []
      : [{ path: copy, reason: "is a copy of the builder's file" }];
  return [...kept, ...checkOwnResolvConf(evidence)];
}

function checkOwnResolvConf(evidence: Evidence): readonly Violation[] {
  const path = '/etc/resolv.conf';
  const entry = evidence.entry(path);
  if (entry === undefined) return [];
  if (entry[1] === 'l') {
    const target = entry[6] ?? '';
    return /(^|\/)run\//.test(target) ? [] : [{ path, reason: `is a link to ${target}` }];
  }
  const violations: Violation[] = [];
  if ((Number.parseInt(entry[2], 8) & 0o7777) !== 0o644)
    violations.push({ path, reason: `has mode ${entry[2]}, not 0644` });
  if (/^\s*(nameserver|search|domain)\b/m.test(evidence.text(path) ?? '')) {
    violations.push({ path, reason: "names the builder's name servers" });
  }
  return violations;
}
