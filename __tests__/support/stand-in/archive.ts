import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the archive does instead of answering as it should. */
export type ArchiveFault = { readonly status: number } | 'hang' | 'drop';

export interface Archive {
  /** URLs as inputs of the same names. */
  mirror: string;
  'mirror-security': string;
  ubuntu: string;
  /** Path of every request, in the order of arrival. */
  requests: string[];
  /** The next `times` requests with this text in their path meet the fault. */
  fail(path: string, fault: ArchiveFault, times?: number): void;
  /** Ends all planned faults. */
  heal(): void;
  close(): Promise<void>;
}

/** Starts a package archive on 127.0.0.1 that has the index of every release that it is asked for, but no package; a proxy for archive.invalid too. */
export async function startArchive(): Promise<Archive> {
  const requests: string[] = [];
  let faults: { path: string; fault: ArchiveFault; left: number }[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    requests.push(path);
    const planned = faults.find((each) => path.includes(each.path) && each.left > 0);
    if (planned !== undefined) {
      planned.left -= 1;
      if (planned.fault === 'hang') return;
      if (planned.fault === 'drop') return void request.socket.destroy();
      response.writeHead(planned.fault.status).end();
      return;
    }
    const suite =
      /^(?:http:\/\/archive\.invalid)?\/(?:debian|debian-security|ubuntu)\/dists\/([a-z-]+)\/InRelease$/.exec(
        path,
      )?.[1];
    if (suite === undefined) return void response.writeHead(404).end();
    response.end(`Origin: Debian\nSuite: ${suite}\nDate: Sat, 10 Oct 2026 10:00:00 UTC\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    mirror: `${url}/debian`,
    'mirror-security': `${url}/debian-security`,
    ubuntu: `${url}/ubuntu`,
    requests,
    fail: (path, fault, times = Number.POSITIVE_INFINITY) => {
      faults = [...faults, { path, fault, left: times }];
    },
    heal: () => {
      faults = [];
    },
    async close() {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}
