import { createHash } from 'node:crypto';
import { failure, type Problem, TroveImageError } from '../errors.ts';
import { hostKeyrings, pinnedKeyrings } from '../model/keyrings.ts';
import type { Archive, ArchiveState, Plan, Workspace } from '../model/plan.ts';
import type { Commands } from '../ports/commands.ts';
import type { Files, Web } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

export interface SourcesPorts {
  readonly commands: Commands;
  readonly files: Files;
  readonly log: Log;
  readonly web: Web;
}

const timeoutMs = 30_000;

/** Asks every archive for its signed index: proves that it has the release, and fixes what the build starts from. */
export async function readArchives(
  ports: SourcesPorts,
  archives: readonly Archive[],
): Promise<readonly ArchiveState[]> {
  const answers = await Promise.all(archives.map((archive) => readArchive(ports.web, archive)));
  const problems = answers.filter((answer): answer is Problem => 'code' in answer);
  if (problems.length > 0) throw new TroveImageError('host', problems);
  const states = answers.filter((answer): answer is ArchiveState => 'suite' in answer);
  for (const { url, suite, date } of states)
    ports.log.info(`${url} ${suite}: of ${date || 'unknown date'}`);
  return states;
}

async function readArchive(web: Web, archive: Archive): Promise<ArchiveState | Problem> {
  const index = `${archive.url}/dists/${archive.suite}/InRelease`;
  const answer = await web.get(index, timeoutMs);
  if (!answer.ok) return describeArchive(archive, answer);
  const text = Buffer.from(answer.body).toString('utf8');
  return {
    ...archive,
    inReleaseSha256: createHash('sha256').update(answer.body).digest('hex'),
    date: /^Date: (.*)$/m.exec(text)?.[1] ?? '',
  };
}

function describeArchive(
  archive: Archive,
  answer: { status: number | null; reason: string },
): Problem {
  if (answer.status === 404) {
    return {
      code: 'release-not-in-mirror',
      message: `mirror: ${archive.url} has no release ${archive.suite} (404 for its InRelease).`,
      hint: 'Check guest-release, and that mirror is the archive of this distribution.',
    };
  }
  return {
    code: 'mirror-unreachable',
    message: `mirror: ${archive.url} did not give the index of ${archive.suite}: ${answer.reason}.`,
    hint: "Check the URL in mirror, the network and the proxy of this machine; mirror: host uses this machine's own sources.",
  };
}

/** Path of a keyring for an archive whose keyring this machine does not have; null where the machine's own does. */
export async function fetchKeyring(
  ports: SourcesPorts,
  plan: Pick<Plan, 'bootstrap' | 'sources'>,
  workspace: Workspace,
): Promise<string | null> {
  const { keyring } = plan.bootstrap;
  if (keyring.kind === 'host') return null;
  const refusals: string[] = [];
  for (const pin of pinnedKeyrings.filter(
    ({ distribution }) => distribution === keyring.distribution,
  )) {
    const answer = await ports.web.get(`${plan.sources.mirror}/${pin.path}`, timeoutMs);
    if (!answer.ok) {
      refusals.push(`${pin.path}: ${answer.reason}`);
      continue;
    }
    if (createHash('sha256').update(answer.body).digest('hex') !== pin.sha256) {
      refusals.push(`${pin.path}: its digest differs from the pinned one`);
      continue;
    }
    const file = `${workspace.path}/keyring.deb`;
    await ports.files.writeBytes(file, answer.body);
    const unpacked = await ports.commands.run([
      'dpkg-deb',
      '--extract',
      file,
      `${workspace.path}/keyring`,
    ]);
    if (unpacked.exitCode === 0) return `${workspace.path}/keyring${pin.file}`;
    refusals.push(`${pin.path}: ${unpacked.stderr.trim()}`);
  }
  throw failure(
    'host',
    'no-keyring',
    `This machine has no archive keyring of ${keyring.distribution}, and ${plan.sources.mirror} gave none of those known: ${refusals.join('; ')}.`,
    `Use a complete mirror of ${keyring.distribution}, or install the package that has ${hostKeyrings[keyring.distribution]}.`,
  );
}
