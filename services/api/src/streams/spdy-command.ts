import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CHANNEL } from '@everynode/container-streams';
import type { ClientConnection } from '../http/client-connection.js';
import type { CommandStreams } from './command-options.js';
import { exitStatus, type ServedCommand } from './exit-status.js';
import { SpdyConnection, type SpdyStream } from './spdy/spdy-connection.js';
import { STREAM_CREATION_MS, upgradeToSpdy } from './spdy-upgrade.js';

export const SPDY_COMMAND_PROTOCOLS = ['v4.channel.k8s.io'];

/** More than a command has. */
const MAX_STREAMS = 8;

const ignore = (): void => undefined;

/** Serves a command over SPDY/3.1 to its end. Source: kubelet remotecommand, httpstream.go. Never rejects. */
export async function serveSpdyCommand(
  connection: ClientConnection,
  protocol: string,
  command: ServedCommand,
): Promise<void> {
  const { streams, tunnel } = command;
  const wanted = streamsOf(streams);
  const opened = new Map<string, SpdyStream>();
  let onOpened = ignore;
  const onStream = (stream: SpdyStream): void => {
    const type = stream.headers.get('streamtype') ?? '';
    if (!wanted.includes(type) || opened.has(type)) {
      stream.destroy();
      return;
    }
    opened.set(type, stream);
    if (opened.size === wanted.length) onOpened();
  };
  const spdy = new SpdyConnection(upgradeToSpdy(connection, protocol), onStream, MAX_STREAMS);
  void spdy.closed.then(() => tunnel.abort('the client is gone'));
  let timer: NodeJS.Timeout | undefined;
  const all = new Promise<boolean>((resolve) => {
    onOpened = () => resolve(true);
    void spdy.closed.then(() => resolve(false));
    timer = setTimeout(() => resolve(false), STREAM_CREATION_MS).unref();
  });
  try {
    if (await all) await carry(opened, command);
  } finally {
    clearTimeout(timer);
    await spdy.close();
  }
}

async function carry(opened: ReadonlyMap<string, SpdyStream>, command: ServedCommand): Promise<void> {
  const { tunnel } = command;
  forward(opened.get('stdin'), tunnel.writable(CHANNEL.stdin));
  forward(opened.get('resize'), tunnel.writable(CHANNEL.resize));
  const outputs = [
    ...output(opened.get('stdout'), () => tunnel.readable(CHANNEL.stdout)),
    ...output(opened.get('stderr'), () => tunnel.readable(CHANNEL.stderr)),
  ];
  const status = await exitStatus(command, outputs);
  const errors = opened.get('error');
  if (errors && !errors.destroyed) {
    await new Promise<void>((resolve) => {
      errors.once('close', resolve);
      errors.end(JSON.stringify(status), () => resolve());
    });
  }
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
