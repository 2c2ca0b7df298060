import { execFileSync } from 'node:child_process';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectDirectory } from './checkout.ts';

/** A tree in the shape of OpenStack Trove: fixtures/trove-tree/README.md says how far it goes. */
export interface MadeTree {
  readonly path: string;
  /** Commit that is checked out; null without git. */
  readonly commit: string | null;
}

export interface TroveTreeOptions {
  /** Branch that is checked out, and whose upper constraints the tree names. */
  readonly branch?: string;
  /** `per-datastore`: the form of Train and Ussuri. */
  readonly form?: 'containers' | 'per-datastore';
  /** Without it the tree is a plain directory. */
  readonly git?: boolean;
}

/** A hook that ran, as `phase.d/name`, and the variables that it saw. */
export interface HookRecord {
  readonly hook: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Where the hooks of the tree write what they saw, in the guest. */
export const recordPath = '/etc/trove-tree-record';
/** What `trove-guestagent --version` says of the code of a new tree, after the version. */
export const firstCode = 'first';

const fixtures = join(projectDirectory, '__tests__', 'fixtures', 'trove-tree');
const elements = join('integration', 'scripts', 'files', 'elements');
const agentCode = join('trove', 'guestagent', 'code.py');
const version = '2.0.0';

/** Makes the tree in a directory that is not there yet; same options, same commit. */
export function makeTroveTree(path: string, options: TroveTreeOptions = {}): MadeTree {
  const { branch = 'master', form = 'containers', git = true } = options;
  mkdirSync(path, { recursive: true });
  for (const part of ['common', form]) cpSync(join(fixtures, part), path, { recursive: true });
  for (const [name, text] of Object.entries(describeBranch(branch)))
    writeFileSync(join(path, name), text);
  if (!git) return { path, commit: null };
  runGit(path, 'init', '--quiet', '--initial-branch', branch);
  const commit = commitAll(path, 'A tree');
  // the agent's version comes from it
  runGit(path, 'tag', '--annotate', '--message', version, version);
  return { path, commit };
}

/** Commits a change of the guest agent's code alone, and returns the new commit. */
export function commitAgentCode({ path }: MadeTree, code: string): string {
  writeFileSync(join(path, agentCode), `CODE = ${JSON.stringify(code)}\n`);
  return commitAll(path, code);
}

/**
 * Commits the code of a real Trove in place of the tree's own, and returns the new commit. `wheel` is the path of the
 * distribution `trove` of an index that was made from `python3-trove`; the rest of that index is what it needs.
 */
export function commitRealAgent({ path }: MadeTree, wheel: string): string {
  const unpacked = mkdtempSync(join(tmpdir(), 'trove-wheel-'));
  try {
    execFileSync('/usr/bin/python3', ['-m', 'zipfile', '--extract', wheel, unpacked]);
    const info = readdirSync(unpacked).find((name) => name.endsWith('.dist-info')) ?? '';
    const metadata = readFileSync(join(unpacked, info, 'METADATA'), 'utf8');
    const requirements = [...metadata.matchAll(/^Requires-Dist: (.*)$/gm)].map(([, name]) => name);
    writeFileSync(join(path, 'requirements.txt'), `${requirements.join('\n')}\n`);
    rmSync(join(path, 'trove'), { recursive: true });
    cpSync(join(unpacked, 'trove'), join(path, 'trove'), { recursive: true });
    return commitAll(path, 'The code of a real Trove');
  } finally {
    rmSync(unpacked, { recursive: true });
  }
}

/** Commits a change of a hook that runs in every guest from source, and returns the new commit. */
export function commitHook({ path }: MadeTree, command: string): string {
  appendFileSync(join(path, elements, 'guest-agent', 'post-install.d', '99-clean-apt'), command);
  return commitAll(path, command);
}

/** Changes the guest agent's code without a commit. */
export function leaveUncommitted({ path }: MadeTree): void {
  writeFileSync(join(path, agentCode), "CODE = 'uncommitted'\n");
}

/** Reads what the hooks wrote to `/etc/trove-tree-record`, in the order in which they ran. */
export function readRecord(text: string): readonly HookRecord[] {
  const lines = text.split('\n').filter((line) => line !== '');
  return lines.map((line) => {
    const [hook = '', ...assignments] = line.split('\t');
    const variables = assignments.map((assignment): [string, string] => {
      const end = assignment.indexOf('=');
      return [assignment.slice(0, end), assignment.slice(end + 1)];
    });
    return { hook, variables: Object.fromEntries(variables) };
  });
}

/** The files of a Trove tree that name its branch. */
function describeBranch(branch: string): Readonly<Record<string, string>> {
  const name = branch.slice(branch.lastIndexOf('/') + 1);
  const released = `https://releases.openstack.org/constraints/upper/${name}`;
  const constraints =
    branch === 'master'
      ? 'https://opendev.org/openstack/requirements/raw/branch/master/upper-constraints.txt'
      : released;
  const project = '[gerrit]\nhost=review.opendev.org\nport=29418\nproject=openstack/trove.git\n';
  return {
    '.gitreview': branch === 'master' ? project : `${project}defaultbranch=${branch}\n`,
    'tox.ini': `[testenv]\ninstall_command = pip install -c{env:TOX_CONSTRAINTS_FILE:${released}} -U {opts} {packages}\n`,
    [join(elements, 'guest-agent', 'source-repository-guest-agent')]: [
      '# where the agent and its constraints come from',
      `guest-agent git /opt/guest-agent https://opendev.org/openstack/trove ${branch}`,
      `upper-constraints file /opt/upper-constraints.txt ${constraints}`,
      '',
    ].join('\n'),
  };
}

function commitAll(path: string, message: string): string {
  runGit(path, 'add', '--all');
  runGit(path, 'commit', '--quiet', '--message', message);
  return runGit(path, 'rev-parse', 'HEAD').trim();
}

/** Nothing of this machine's git configuration, nor the clock, gets into a commit. */
function runGit(path: string, ...words: readonly string[]): string {
  const person = { NAME: 'test', EMAIL: 'test@example.org', DATE: '2026-01-01T00:00:00Z' };
  const roles = ['AUTHOR', 'COMMITTER'].flatMap((role) =>
    Object.entries(person).map(([field, value]) => [`GIT_${role}_${field}`, value]),
  );
  return execFileSync('git', ['-C', path, ...words], {
    encoding: 'utf8',
    env: {
      ...{ PATH: process.env.PATH, LC_ALL: 'C' },
      ...{ GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
      ...Object.fromEntries(roles),
    },
  });
}
