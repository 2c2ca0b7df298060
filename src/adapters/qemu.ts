import { type ChildProcess, spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { StringDecoder } from 'node:string_decoder';
import type { GuestEnd } from '../model/guest.ts';
import type { GuestOptions, GuestProcess, Guests } from '../ports/guests.ts';

const followMs = 300;
const terminateMs = 5_000;
const mostSaid = 4_000;
const chunkBytes = 1 << 18;

/** Starts machines with setpriv, whose death signal survives into them; `environment` is all that they see of ours. */
export function createGuests(environment: Readonly<Record<string, string>>): Guests {
  return { start: (command, options) => startGuest(command, options, environment) };
}

function startGuest(
  command: readonly [string, ...string[]],
  { follow, onText }: GuestOptions,
  environment: Readonly<Record<string, string>>,
): GuestProcess {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--no-new-privs', ...command], {
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  listen(child.stdout, (text) => onText('console', text));
  let said = '';
  listen(child.stderr, (text) => {
    said = `${said}${text}`.slice(-mostSaid);
  });
  const followers = Object.entries(follow).map(([source, path]) =>
    followFile(path, (text) => onText(source, text)),
  );
  const died = new Promise<Omit<GuestEnd, 'said'>>((resolve) => {
    child.once('error', (error) => {
      said = error.message;
      resolve({ exitCode: 127, signal: null });
    });
    child.once('close', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const ended = died.then(async (end) => {
    await Promise.all(followers.map((stop) => stop()));
    return { ...end, said: said.trim() };
  });
  return { ended, stop: () => stopGuest(child, ended) };
}

function listen(stream: NodeJS.ReadableStream, onText: (text: string) => void): void {
  const decoder = new StringDecoder('utf8');
  stream.on('data', (data: Buffer) => onText(decoder.write(data)));
}

async function stopGuest(child: ChildProcess, ended: Promise<GuestEnd>): Promise<GuestEnd> {
  child.kill('SIGTERM');
  const force = setTimeout(() => child.kill('SIGKILL'), terminateMs);
  try {
    return await ended;
  } finally {
    clearTimeout(force);
  }
}

/** Tells what is added to a file, which need not exist yet; returns what tells the rest and ends that. */
function followFile(path: string, onText: (text: string) => void): () => Promise<void> {
  const decoder = new StringDecoder('utf8');
  let position = 0;
  let reading: Promise<void> = Promise.resolve();
  const read = async (): Promise<void> => {
    const file = await open(path).catch(() => null);
    if (file === null) return;
    try {
      for (;;) {
        const { bytesRead, buffer } = await file.read(
          Buffer.alloc(chunkBytes),
          0,
          chunkBytes,
          position,
        );
        if (bytesRead === 0) return;
        position += bytesRead;
        onText(decoder.write(buffer.subarray(0, bytesRead)));
      }
    } finally {
      await file.close();
    }
  };
  const next = (): void => {
    reading = reading.then(read);
  };
  const timer = setInterval(next, followMs);
  return async () => {
    clearInterval(timer);
    next();
    await reading;
  };
}
