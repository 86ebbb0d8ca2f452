import { type Duplex, PassThrough, type Readable } from 'node:stream';
import { type ContainerIo, type ContainerStreams, logText, type ReachedPod } from '@everynode/container-streams';
import type { AttachWanted, ExecWanted, LogWanted, NodeUsage } from '@everynode/contract';
import { type FindRun, notRunning, reachedLog, reachedRun, refused } from '@everynode/pod-runtime';
import type { UsageSampler } from '../../usage/usage-sampler.js';
import { connectPort } from '../connect-port.js';
import type { DockerRun, LiveContainer } from './docker-run.js';
import { type Engine, EngineError } from './engine.js';
import { framesOf, logLinesOf } from './engine-stream.js';
import { exitCodeOf } from './exec.js';

/** What the engine refuses is told to the client in its words. */
async function asked<Result>(answer: Promise<Result>): Promise<Result> {
  try {
    return await answer;
  } catch (error) {
    throw error instanceof EngineError ? refused(error.message) : error;
  }
}

type Wanted = Pick<ExecWanted, 'stdin' | 'stdout' | 'stderr' | 'tty'>;

/** What clients see of the containers of an engine. */
export class DockerStreams implements ContainerStreams {
  readonly #find: FindRun<DockerRun>;
  readonly #engine: Engine;
  readonly #usage: UsageSampler;

  constructor(find: FindRun<DockerRun>, engine: Engine, usage: UsageSampler) {
    this.#find = find;
    this.#engine = engine;
    this.#usage = usage;
  }

  #liveIn(pod: ReachedPod, container: string): LiveContainer {
    const live = reachedRun(this.#find, pod).live.get(container);
    if (!live) throw notRunning(container, pod);
    return live;
  }

  async logs(pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { container, since, tailLines, follow } = wanted;
    const run = reachedRun(this.#find, pod);
    const read = reachedLog(run, pod, wanted);
    const id = run.idOf(container, read.restarts);
    if (id === undefined)
      throw refused(`the engine has no log of container "${container}" in pod "${pod.name}" any more`);
    const stream = await asked(
      this.#engine.logs(
        id,
        {
          follow,
          ...(since !== undefined && { since: String(Date.parse(since) / 1000) }),
          ...(tailLines !== undefined && { tail: tailLines }),
        },
        signal,
      ),
    );
    return logText(logLinesOf(stream, hasTerminal(run, container)), wanted);
  }

  async exec(pod: ReachedPod, { container, command, ...wanted }: ExecWanted): Promise<ContainerIo> {
    const { stdin, stdout, stderr, tty } = wanted;
    const { id } = this.#liveIn(pod, container);
    const attached = { AttachStdin: stdin, AttachStdout: stdout, AttachStderr: stderr && !tty };
    const { id: exec, stream } = await asked(this.#engine.exec(id, { Cmd: command, Tty: tty, ...attached }));
    return this.#io(stream, wanted, tty, ['exec', exec], () => exitCodeOf(this.#engine, exec));
  }

  async attach(pod: ReachedPod, { container, ...wanted }: AttachWanted): Promise<ContainerIo> {
    const { stdin, stdout, stderr } = wanted;
    const { id } = this.#liveIn(pod, container);
    const stream = await asked(this.#engine.attach(id, { stdin, stdout, stderr }));
    const isTerminal = hasTerminal(reachedRun(this.#find, pod), container);
    return this.#io(stream, wanted, isTerminal, ['containers', id], async () => 0);
  }

  #io(
    stream: Duplex,
    { stdin, stdout, stderr }: Wanted,
    isTerminal: boolean,
    [kind, id]: ['exec' | 'containers', string],
    exitCode: () => Promise<number>,
  ): ContainerIo {
    const out = stdout ? new PassThrough() : undefined;
    const err = stderr && !isTerminal ? new PassThrough() : undefined;
    const input = stdin ? new PassThrough() : undefined;
    input?.pipe(stream);
    // A client that is gone has closed it.
    stream.on('error', () => undefined);
    const exited = passOn(stream, isTerminal, out, err).then(exitCode);
    // A client that has closed it does not ask how it ended.
    exited.catch(() => undefined);
    return {
      stdin: input,
      stdout: out,
      stderr: err,
      resize: (columns, rows) => {
        // A command that has ended has no terminal any more.
        this.#engine.resize(kind, id, columns, rows).catch(() => undefined);
      },
      exited,
      close: () => void stream.destroy(),
    };
  }

  async connectPort(pod: ReachedPod, port: number): Promise<Duplex> {
    const { ip, node, pod: own } = reachedRun(this.#find, pod);
    const address = ip ?? node.hostIp;
    return connectPort(own.spec.hostNetwork ? ['127.0.0.1', address] : [address], port);
  }

  async checkPorts(pod: ReachedPod): Promise<void> {
    reachedRun(this.#find, pod);
  }

  usage(nodes: readonly string[]): Promise<NodeUsage[]> {
    return this.#usage.usage(nodes);
  }
}

const hasTerminal = ({ containers }: DockerRun, container: string): boolean =>
  containers.find(({ name }) => name === container)?.spec.tty === true;

/** Passes on what a stream of the engine brings, as fast as it is read, until it ends. */
async function passOn(
  stream: Readable,
  isTerminal: boolean,
  out: PassThrough | undefined,
  err: PassThrough | undefined,
): Promise<void> {
  try {
    for await (const { stream: output, bytes } of framesOf(stream, isTerminal)) {
      const target = output === 'stderr' ? err : out;
      if (target && !target.write(bytes)) await new Promise((resolve) => target.once('drain', resolve));
    }
  } finally {
    out?.end();
    err?.end();
  }
}
