import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** Connects to a port at the first of the addresses that has it. @throws what the last of them said. */
export async function connectPort(addresses: readonly string[], port: number): Promise<Socket> {
  let fault: unknown;
  for (const host of addresses) {
    const socket = connect({ host, port });
    try {
      await once(socket, 'connect');
      return socket;
    } catch (error) {
      fault = error;
    }
  }
  throw fault;
}
