import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { findGreeting } from '../../src/core/verify/report.ts';
import { projectDirectory } from '../support/checkout.ts';

const directory = mkdtempSync(join(tmpdir(), 'guest-forward-test-'));
afterAll(() => rmSync(directory, { recursive: true }));
const program = join(projectDirectory, 'host', 'guest-forward');
const greeting = Buffer.from('AMQP\0\0\x09\x01', 'latin1');

function connect(name: string, ...words: readonly string[]) {
  const log = join(directory, name);
  const child = spawn(program, [log, ...words], { stdio: ['pipe', 'pipe', 'inherit'] });
  let answer = Buffer.alloc(0);
  child.stdout.on('data', (data: Buffer) => {
    answer = Buffer.concat([answer, data]);
  });
  const readLog = () => (existsSync(log) ? readFileSync(log, 'utf8') : '');
  const answered = async (bytes: number): Promise<Buffer> => {
    while (answer.length < bytes) await wait(10);
    return answer;
  };
  return { child, readLog, answered, ended: once(child, 'exit') };
}

async function listen(onSocket: (socket: Socket) => void) {
  const server = createServer(onSocket).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: String((server.address() as AddressInfo).port) };
}

describe('a connection of the guest to the message bus', () => {
  it('that nobody answers is written down by its first word, and ends with the guest', async () => {
    const { child, readLog, ended } = connect('alone');
    const before = Date.now();
    child.stdin.write(greeting.subarray(0, 3));
    await wait(200);
    expect(readLog()).toBe('');
    child.stdin.write(greeting.subarray(3));
    while (readLog() === '') await wait(10);
    expect(findGreeting(readLog())).toBeGreaterThanOrEqual(before - 1);
    expect(child.exitCode).toBeNull();
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
  });

  it('that speaks another protocol is no greeting', async () => {
    const { child, readLog, ended } = connect('other');
    child.stdin.end('GET / HTTP/1.1\r\n\r\n');
    await ended;
    expect(JSON.parse(readLog())).toMatchObject({ greeting: '474554202f204854' });
    expect(findGreeting(readLog())).toBeNull();
  });

  it('reaches a broker, both ways and whole', async () => {
    const { server, port } = await listen((socket) => socket.pipe(socket));
    const { child, readLog, answered, ended } = connect('broker', port);
    const sent = Buffer.alloc(3_000_000, 'frame ');
    child.stdin.write(Buffer.concat([greeting, sent]));
    expect((await answered(sent.length + 8)).equals(Buffer.concat([greeting, sent]))).toBe(true);
    expect(findGreeting(readLog())).not.toBeNull();
    child.stdin.end();
    expect(await ended).toEqual([0, null]);
    server.close();
  });

  it('ends when the broker ends it', async () => {
    const { server, port } = await listen((socket) => socket.end('bye'));
    const { answered, ended } = connect('bye', port);
    expect((await answered(3)).toString()).toBe('bye');
    expect(await ended).toEqual([0, null]);
    server.close();
  });
});
