import { randomBytes } from 'node:crypto';
import { decodeFrame, encodeFrame, FRAME, type Frame, NO_TUNNEL } from './frame.js';
import { type SendFrame, Tunnel } from './tunnel.js';

/** How often an end says that it lives while there are tunnels, in ms. */
const ALIVE_MS = 5000;
/** The other end is gone when nothing was received of it for so long, in ms. */
const SILENT_MS = 20_000;

interface TunnelLinkOptions {
  /** Sends bytes to a peer. What cannot be sent is lost. */
  send: (peer: string, bytes: Buffer) => void;
  /** Returns a promise where what was just sent is more than may be sent now. */
  pace?: (bytes: number) => Promise<void> | undefined;
  /** Names a peer for people. */
  nameOf: (peer: string) => string;
  /** The last tunnel is over. */
  onIdle?: () => void;
}

/**
 * The tunnels of one process, each to a peer: the name of an agent, or that of a process of the api. Without tunnels
 * nothing is sent and no timer runs.
 */
export class TunnelLink {
  readonly #options: TunnelLinkOptions;
  readonly #tunnels = new Map<string, { tunnel: Tunnel; peer: string }>();
  /** When something was received of each peer that has tunnels, in ms, monotonic. */
  readonly #heard = new Map<string, number>();
  /** Which process each of these peers was, by what it said last. */
  readonly #epochs = new Map<string, string>();
  /** Of this process: one that has its name later says another one. */
  readonly #epoch = randomBytes(8);
  #timer: NodeJS.Timeout | undefined;

  constructor(options: TunnelLinkOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#tunnels.size;
  }

  has(id: string): boolean {
    return this.#tunnels.has(id);
  }

  begin(id: string, peer: string): Tunnel {
    const send: SendFrame = (frame) => this.#send(peer, frame);
    const tunnel = new Tunnel(id, send, () => this.#ended(id, peer));
    this.#tunnels.set(id, { tunnel, peer });
    if (!this.#heard.has(peer)) this.#heard.set(peer, performance.now());
    this.#timer ??= setInterval(() => this.#look(), ALIVE_MS);
    return tunnel;
  }

  #send(peer: string, frame: Frame): Promise<void> | undefined {
    const bytes = encodeFrame(frame);
    this.#options.send(peer, bytes);
    return this.#options.pace?.(bytes.length);
  }

  #ended(id: string, peer: string): void {
    this.#tunnels.delete(id);
    if (!this.#reaches(peer)) {
      this.#heard.delete(peer);
      this.#epochs.delete(peer);
    }
    if (this.#tunnels.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#options.onIdle?.();
  }

  #reaches(peer: string): boolean {
    for (const entry of this.#tunnels.values()) if (entry.peer === peer) return true;
    return false;
  }

  receive(peer: string, bytes: Uint8Array): void {
    const frame = decodeFrame(bytes);
    if (!frame) return;
    if (this.#heard.has(peer)) this.#heard.set(peer, performance.now());
    if (frame.type === FRAME.alive) {
      this.#hear(peer, frame.payload.toString('hex'));
      return;
    }
    const found = this.#tunnels.get(frame.tunnel);
    // The id is a secret of the two ends, and one of the two is the sender.
    if (found?.peer === peer) receiveSafely(found.tunnel, frame);
    else if (ANSWERED.has(frame.type)) {
      const gone = { type: FRAME.gone, tunnel: frame.tunnel, sequence: 1, channel: 0, payload: Buffer.from('unknown') };
      this.#options.send(peer, encodeFrame(gone));
    }
  }

  /** A process that was started again knows none of the tunnels of the one before: it is asked about each. */
  #hear(peer: string, epoch: string): void {
    if (!this.#heard.has(peer) || this.#epochs.get(peer) === epoch) return;
    this.#epochs.set(peer, epoch);
    for (const entry of this.#tunnels.values()) if (entry.peer === peer) entry.tunnel.probe();
  }

  #look(): void {
    const now = performance.now();
    for (const [peer, heard] of this.#heard) {
      if (now - heard > SILENT_MS)
        this.loseAll(`nothing was heard of ${this.#options.nameOf(peer)} for too long`, peer);
      else
        void this.#send(peer, { type: FRAME.alive, tunnel: NO_TUNNEL, sequence: 0, channel: 0, payload: this.#epoch });
    }
  }

  /** Ends all tunnels, or those of one peer, which cannot be reached. */
  loseAll(reason: string, peer?: string): void {
    for (const entry of [...this.#tunnels.values()]) {
      if (peer === undefined || entry.peer === peer) entry.tunnel.lose(reason);
    }
  }

  /** Ends all tunnels and says so to the other ends. */
  abortAll(reason: string): void {
    for (const { tunnel } of [...this.#tunnels.values()]) tunnel.abort(reason);
  }
}

/** Frames of a tunnel that is not known are answered, but for those that follow its end. */
const ANSWERED: ReadonlySet<number> = new Set([FRAME.data, FRAME.accepted, FRAME.credit]);

/** What the other end has written wrongly ends its tunnel, and nothing else. */
function receiveSafely(tunnel: Tunnel, frame: Frame): void {
  try {
    tunnel.receive(frame);
  } catch {
    tunnel.abort('the other end does not speak this protocol');
  }
}
