import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CHANNEL } from '@everynode/container-streams';
import type { ClientConnection } from '../http/client-connection.js';
import type { CommandStreams } from './command-options.js';
import { exitStatus, streamFailure } from './exit-status.js';
import { SpdyConnection, type SpdyStream } from './spdy/spdy-connection.js';
import { upgradeToSpdy } from './spdy-upgrade.js';
import type { ServedCommand } from './websocket-command.js';

export const SPDY_COMMAND_PROTOCOLS = ['v4.channel.k8s.io'];

/** How long a client may take to open its streams, in ms. Source: kubelet, StreamCreationTimeout. */
const OPEN_MS = 30_000;

const ignore = (): void => undefined;

/** Serves a command over SPDY/3.1 to its end. Source: kubelet remotecommand, httpstream.go. Never rejects. */
export async function serveSpdyCommand(
  connection: ClientConnection,
  protocol: string,
  { kind, streams, tunnel }: ServedCommand,
): Promise<void> {
  const wanted = streamsOf(streams);
  const opened = new Map<string, SpdyStream>();
  let onOpened = ignore;
  const spdy = new SpdyConnection(upgradeToSpdy(connection, protocol), (stream) => {
    opened.set(stream.headers.get('streamtype') ?? '', stream);
    if (wanted.every((type) => opened.has(type))) onOpened();
  });
  void spdy.closed.then(() => tunnel.abort('the client is gone'));
  const all = new Promise<boolean>((resolve) => {
    onOpened = () => resolve(true);
    void spdy.closed.then(() => resolve(false));
    setTimeout(() => resolve(false), OPEN_MS).unref();
  });
  if (await all) {
    const stream = (type: string): SpdyStream | undefined => opened.get(type);
    forward(stream('stdin'), tunnel.writable(CHANNEL.stdin));
    forward(stream('resize'), tunnel.writable(CHANNEL.resize));
    const outputs = [
      ...output(stream('stdout'), () => tunnel.readable(CHANNEL.stdout)),
      ...output(stream('stderr'), () => tunnel.readable(CHANNEL.stderr)),
    ];
    const status = await Promise.all([tunnel.result, ...outputs]).then(
      ([result]) => exitStatus(kind, result),
      (error: Error) => streamFailure(kind, error.message),
    );
    const errors = stream('error');
    if (errors && !errors.destroyed) {
      await new Promise<void>((resolve) => {
        errors.once('close', resolve);
        errors.end(JSON.stringify(status), () => resolve());
      });
    }
  }
  await spdy.close();
}

function streamsOf({ stdin, stdout, stderr, tty }: CommandStreams): string[] {
  const all = { error: true, stdin, stdout, stderr, resize: tty };
  return Object.entries(all).flatMap(([type, isWanted]) => (isWanted ? [type] : []));
}

function forward(from: SpdyStream | undefined, to: Writable): void {
  // The end of the command is the end of its input, whatever the client still sends.
  if (from) pipeline(from, to).catch(ignore);
}

/** A client that does not read an output ends nothing. */
function output(to: SpdyStream | undefined, from: () => NodeJS.ReadableStream): Promise<void>[] {
  return to ? [pipeline(from(), to)] : [];
}
