import type { Duplex, Readable, Writable } from 'node:stream';
import type { AttachWanted, ExecWanted, LogWanted, NodeUsage, PodTunnelWanted } from '@everynode/contract';

/** The pod that a client reaches into. A pod of the same name with another uid is another pod. */
export type ReachedPod = PodTunnelWanted['pod'];

/** The streams of a command, or of what a container runs. Those that were not asked for are undefined. */
export interface ContainerIo {
  stdin: Writable | undefined;
  stdout: Readable | undefined;
  /** Undefined with a terminal too: it has one stream for both. */
  stderr: Readable | undefined;
  /** Sets the size of the terminal. */
  resize(columns: number, rows: number): void;
  /**
   * Resolves to the exit code; for an attach, when the container has ended. @throws Error with a message for the
   * client, where that cannot be found out or the command could not be run.
   */
  exited: Promise<number>;
  /** The client is gone: ends the command, or leaves what runs in the container. */
  close(): void;
}

/**
 * What a runtime lets clients see of its containers. A call rejects with TunnelRefusedError where the client is to be
 * told why it cannot be, before anything was sent.
 */
export interface ContainerStreams {
  /**
   * The lines of a log. With `follow` it ends when the container does, or soon after the signal, which says that the
   * client is gone: a generator that waits for more hears nothing else.
   */
  logs(pod: ReachedPod, wanted: LogWanted, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>>;
  exec(pod: ReachedPod, wanted: ExecWanted): Promise<ContainerIo>;
  attach(pod: ReachedPod, wanted: AttachWanted): Promise<ContainerIo>;
  /** Connects to a port of the pod. */
  connectPort(pod: ReachedPod, port: number): Promise<Duplex>;
  /** Resolves where ports of the pod can be reached at all. */
  checkPorts(pod: ReachedPod): Promise<void>;
  /** What these nodes of the agent and their containers use, measured when it is asked for. */
  usage(nodes: readonly string[]): Promise<Iterable<NodeUsage>>;
}
