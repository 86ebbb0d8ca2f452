import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

const CONNECTIONS = 300;
const MIB = 1024 * 1024;
const HEAD = `POST /api/v1/namespaces/default/configmaps HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: ${3 * MIB}\r\n\r\n`;

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends, { behindFrontDoor: true });
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

/** What buffers hold, in MiB, of this process: of the api and of its clients. */
const bufferedMib = () => process.memoryUsage().arrayBuffers / MIB;

function open(): TLSSocket {
  const socket = connect({ port: Number(new URL(api.server.url).port), ca: api.server.ca });
  socket.on('error', () => undefined);
  return socket;
}

/** Sends the headers of a body of 3 MiB, and as much of it as the other side takes until it ends the connection. */
async function sendBody(piece: Buffer): Promise<string> {
  const socket = open();
  let answer = '';
  socket.on('data', (bytes) => {
    answer += String(bytes);
  });
  await once(socket, 'secureConnect');
  socket.write(HEAD);
  socket.write(piece);
  await once(socket, 'close');
  return answer;
}

describe('clients without a credential', () => {
  it('are refused before their bodies are there: 300 of 3 MiB at once', async () => {
    const before = bufferedMib();
    let most = 0;
    const watch = setInterval(() => {
      most = Math.max(most, bufferedMib() - before);
    }, 20);
    const piece = Buffer.alloc(64 * 1024, ' ');
    const answers = await Promise.all(Array.from({ length: CONNECTIONS }, () => sendBody(piece)));
    clearInterval(watch);
    expect(answers.filter((answer) => answer.startsWith('HTTP/1.1 401'))).toHaveLength(CONNECTIONS);
    // The pieces alone are 19 MiB on either side.
    expect(most).toBeLessThan(150);
  });
});
