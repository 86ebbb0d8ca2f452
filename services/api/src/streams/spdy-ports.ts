import type { Duplex } from 'node:stream';
import { CHANNEL, type Tunnel } from '@everynode/container-streams';
import type { Pod, Stored } from '@everynode/objects';
import { carryPort, forwardingError } from './carry-port.js';
import { SpdyConnection, type SpdyStream } from './spdy/spdy-connection.js';
import { STREAM_CREATION_MS } from './spdy-upgrade.js';

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  /** Destroys the first stream, where the second does not come. */
  timer?: NodeJS.Timeout;
}

/**
 * Forwards ports over SPDY/3.1: each connection of a client is a pair of streams, for data and for an error. Resolves
 * when the client is gone. Source: kubelet portforward, httpstream.go. Never rejects.
 */
export async function serveSpdyPorts(
  duplex: Duplex,
  pod: Stored<Pod>,
  connect: (port: number) => Promise<Tunnel>,
): Promise<void> {
  const pairs = new Map<string, Pair>();
  const spdy = new SpdyConnection(duplex, (stream) => {
    const id = stream.headers.get('requestid') ?? '';
    const type = stream.headers.get('streamtype');
    const port = Number(stream.headers.get('port'));
    const isKnown = (type === 'data' || type === 'error') && id !== '' && port >= 1 && port <= 65535;
    const pair = pairs.get(id) ?? {};
    if (!isKnown || pair[type]) {
      stream.destroy();
      return;
    }
    pair[type] = stream;
    if (pair.data && pair.error) {
      clearTimeout(pair.timer);
      pairs.delete(id);
      void forward({ data: pair.data, error: pair.error }, port, pod, connect);
    } else if (!pairs.has(id)) {
      pairs.set(id, pair);
      pair.timer = setTimeout(() => stream.destroy(), STREAM_CREATION_MS).unref();
      stream.once('close', () => {
        clearTimeout(pair.timer);
        if (pairs.get(id) === pair) pairs.delete(id);
      });
    }
  });
  await spdy.closed;
}

async function forward(
  { data, error }: { data: SpdyStream; error: SpdyStream },
  port: number,
  pod: Stored<Pod>,
  connect: (port: number) => Promise<Tunnel>,
): Promise<void> {
  error.resume();
  const fault = await carryPort(() => connect(port), {
    down: (tunnel) => data.pipe(tunnel.writable(CHANNEL.stdin)),
    up: data,
  });
  if (fault !== undefined) error.write(forwardingError(pod, port, fault));
  error.end();
  // What the client still sends has nowhere to go, and must not hold up its other connections.
  data.end(() => data.destroy());
}
