import type { Logger } from '@everynode/service-shell';
import type { NatsConnection } from '@nats-io/transport-node';

/** Receives bytes outside the streams. What is sent while there is no connection is missed. */
export interface ByteListener {
  /** The server has taken the subscription: from now on nothing is missed until `onLost`. */
  onOpen(): void;
  /** `bytes` is a view of the socket's buffer, which is used again: copy what is kept. */
  onBytes(subject: string, bytes: Uint8Array): void;
  /** The connection is gone, and with it what was on its way. */
  onLost(): void;
}

/** Listens on one connection, until it is lost. */
export function listenBytes(connection: NatsConnection, subject: string, listener: ByteListener, log: Logger): void {
  // What is thrown here would end the reading of the whole connection.
  const receive = (from: string, bytes: Uint8Array): void => {
    try {
      listener.onBytes(from, bytes);
    } catch (err) {
      log.error({ err, subject: from }, 'a message could not be taken');
    }
  };
  connection.subscribe(subject, {
    callback: (error, message) => {
      if (error) log.warn({ err: error, subject }, 'a subscription was refused');
      else receive(message.subject, message.data);
    },
  });
  // The server answers in order: it has taken the subscription then.
  connection.flush().then(
    () => listener.onOpen(),
    (err: unknown) => log.debug({ err, subject }, 'the connection was lost before the server took a subscription'),
  );
  void connection.closed().then(() => listener.onLost());
}
