import type { Duplex, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CHANNEL, type Tunnel } from '@everynode/container-streams';
import type { Pod, Stored } from '@everynode/objects';

interface PortEnds {
  /** Begins to send to the port what the client sends. */
  down: (tunnel: Tunnel) => void;
  /** What the port sends goes to the client. */
  up: Writable | Duplex;
}

/** Carries one connection to a port, until either side ends it. Returns why it could not; undefined when it did. */
export async function carryPort(connect: () => Promise<Tunnel>, { down, up }: PortEnds): Promise<string | undefined> {
  let tunnel: Tunnel;
  try {
    tunnel = await connect();
  } catch (error) {
    return messageOf(error);
  }
  if (up.destroyed) tunnel.abort('the client is gone');
  up.once('close', () => tunnel.abort('the client is gone'));
  try {
    down(tunnel);
    await pipeline(tunnel.readable(CHANNEL.stdout), up, { end: false });
    return (await tunnel.result).error;
  } catch (error) {
    return up.destroyed ? undefined : messageOf(error);
  } finally {
    tunnel.abort('the connection is over');
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** In a kubelet's words. */
export const forwardingError = ({ metadata }: Stored<Pod>, port: number, fault: string): string =>
  `error forwarding port ${port} to pod ${metadata.name}, uid ${metadata.uid}: ${fault}`;
