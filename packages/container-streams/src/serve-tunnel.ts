import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import type { NodeUsage, PodTunnelWanted, TunnelWanted } from '@everynode/contract';
import type { ContainerIo, ContainerStreams } from './container-streams.js';
import { CHANNEL } from './tunnel/frame.js';
import type { Result } from './tunnel/outcomes.js';
import { type Tunnel, TunnelRefusedError } from './tunnel/tunnel.js';

/** After the client is gone, what is left of a stream has no reader. */
const ignore = (): void => undefined;

/** What clients reach of an agent. */
export interface Served {
  streams: ContainerStreams;
  /** The names of its nodes. */
  nodes: readonly string[];
}

/** Serves a tunnel to its end: the side of the agent. Never rejects. */
export async function serveTunnel(tunnel: Tunnel, wanted: TunnelWanted, served: Served): Promise<void> {
  try {
    tunnel.finish(await serve(tunnel, wanted, served));
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (tunnel.isAccepted) tunnel.abort(message);
    else tunnel.refuse(error instanceof TunnelRefusedError ? error.refusal : { reason: 'InternalError', message });
  }
}

async function serve(tunnel: Tunnel, wanted: TunnelWanted, { streams, nodes }: Served): Promise<Result> {
  if (!('pod' in wanted)) {
    const asked = wanted.to.nodes && new Set(wanted.to.nodes);
    const usages = await streams.usage(asked ? nodes.filter((node) => asked.has(node)) : nodes);
    tunnel.accept();
    await pipeline(Readable.from(linesOf(usages), { objectMode: false }), tunnel.writable(CHANNEL.stdout));
    return {};
  }
  const { pod, to } = wanted;
  switch (to.kind) {
    case 'log': {
      const over = new AbortController();
      tunnel.result.catch(() => over.abort());
      const lines = await streams.logs(pod, to, over.signal);
      tunnel.accept();
      await pipeline(Readable.from(lines, { objectMode: false }), tunnel.writable(CHANNEL.stdout));
      return {};
    }
    case 'exec':
      return await serveIo(tunnel, await streams.exec(pod, to), to);
    case 'attach':
      return await serveIo(tunnel, await streams.attach(pod, to), to);
    case 'port-forward':
      return await servePort(tunnel, pod, to.port, streams);
  }
}

function* linesOf(usages: Iterable<NodeUsage>): Generator<Buffer> {
  for (const usage of usages) yield Buffer.from(`${JSON.stringify(usage)}\n`);
}

async function serveIo(tunnel: Tunnel, io: ContainerIo, { tty }: { tty: boolean }): Promise<Result> {
  tunnel.accept();
  const { stdin, stdout, stderr } = io;
  // A command that closes its input early ends nothing.
  if (stdin) pipeline(tunnel.readable(CHANNEL.stdin), stdin).catch(ignore);
  if (tty) followSizes(tunnel, io).catch(ignore);
  const outputs = [
    ...(stdout ? [pipeline(stdout, tunnel.writable(CHANNEL.stdout))] : []),
    ...(stderr ? [pipeline(stderr, tunnel.writable(CHANNEL.stderr))] : []),
  ];
  tunnel.result.catch(() => io.close());
  try {
    const [exited] = await Promise.all([io.exited.then(exitOf, failureOf), ...outputs]);
    return exited;
  } finally {
    io.close();
  }
}

const exitOf = (exitCode: number): Result => ({ exitCode });
const failureOf = (error: unknown): Result => ({ error: error instanceof Error ? error.message : String(error) });

/** The longest line of a size, in characters: what is longer is none. */
const MAX_SIZE = 1024;

/** Each line is a size as clients of Kubernetes send it. */
async function followSizes(tunnel: Tunnel, io: ContainerIo): Promise<void> {
  const input = tunnel.readable(CHANNEL.resize).on('error', ignore);
  let rest = '';
  for await (const piece of input) {
    const lines = `${rest}${piece}`.split('\n');
    rest = lines.pop() ?? '';
    if (rest.length > MAX_SIZE) rest = '';
    for (const line of lines) {
      const { Width, Height } = sizeIn(line);
      if (isSize(Width) && isSize(Height)) io.resize(Width, Height);
    }
  }
}

function sizeIn(line: string): { Width?: unknown; Height?: unknown } {
  try {
    return (JSON.parse(line) ?? {}) as { Width?: unknown; Height?: unknown };
  } catch {
    return {}; // As upstream, which ends to read sizes and goes on.
  }
}

const isSize = (value: unknown): value is number =>
  Number.isInteger(value) && Number(value) > 0 && Number(value) < 65536;

async function servePort(
  tunnel: Tunnel,
  pod: PodTunnelWanted['pod'],
  port: number | undefined,
  streams: ContainerStreams,
): Promise<Result> {
  if (port === undefined) {
    await streams.checkPorts(pod);
    tunnel.accept();
    return {};
  }
  const connection = await streams.connectPort(pod, port);
  tunnel.accept();
  tunnel.result.catch(() => connection.destroy());
  // Each direction ends by itself, as that of a TCP connection.
  const down = pipeline(tunnel.readable(CHANNEL.stdin), connection).catch(ignore);
  const failure = await pipeline(connection, tunnel.writable(CHANNEL.stdout)).then(ignore, failureOf);
  connection.destroy();
  await Promise.race([down, finished(connection).catch(ignore)]);
  return failure ?? {};
}
