import { createHash } from 'node:crypto';
import { failure } from '../errors.ts';
import type { Constraints, TroveTree } from '../model/trove.ts';
import type { Files, Web } from '../ports/files.ts';
import type { Log } from '../ports/log.ts';

const timeoutMs = 30_000;

/** Reads the upper constraints of a tree once: what the build uses is what the build id was made from. */
export async function readConstraints(
  ports: { readonly files: Files; readonly web: Web; readonly log: Log },
  { constraints: location }: Pick<TroveTree, 'constraints'>,
): Promise<Constraints> {
  const text = location.startsWith('/')
    ? await readFile(ports.files, location)
    : await fetchText(ports.web, location);
  const count = text.split('\n').filter((line) => /^[A-Za-z0-9][\w.-]*\s*={2,3}/.test(line)).length;
  if (count === 0) {
    throw failure(
      'input',
      'bad-constraints',
      `upper-constraints: ${location} names no version (lines such as oslo.config===9.6.0).`,
      "Give the upper-constraints.txt of OpenStack's requirements repository, for the branch of this Trove.",
    );
  }
  ports.log.info(`Upper constraints of ${count} packages from ${location}`);
  return { location, text, sha256: createHash('sha256').update(text).digest('hex') };
}

async function readFile(files: Files, path: string): Promise<string> {
  try {
    return await files.read(path);
  } catch (error) {
    throw failure(
      'input',
      'bad-constraints',
      `upper-constraints: ${path} cannot be read: ${(error as Error).message}.`,
      'Give the path of a file, or a URL.',
    );
  }
}

async function fetchText(web: Web, url: string): Promise<string> {
  const answer = await web.get(url, timeoutMs);
  if (answer.ok) return Buffer.from(answer.body).toString('utf8');
  throw failure(
    'host',
    'constraints-unreachable',
    `upper-constraints: ${url} did not answer: ${answer.reason}.`,
    'Check the network and the proxy of this machine, or give a copy of the file in upper-constraints.',
  );
}
