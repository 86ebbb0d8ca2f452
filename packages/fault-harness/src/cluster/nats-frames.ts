/** One operation of the NATS protocol, as the server has sent it. */
export interface NatsFrame {
  bytes: Buffer;
  /** Of a message; undefined for every other operation. */
  subject: string | undefined;
}

const LINE_END = Buffer.from('\r\n');

/**
 * Splits what a NATS server sends into its operations, wherever chunks begin and end: a line, and for a message its
 * payload of the length that is the line's last word (docs.nats.io, "Client Protocol": MSG and HMSG).
 */
export class NatsFrames {
  #rest: Buffer = Buffer.alloc(0);

  /** Returns the operations that are complete with this chunk. */
  push(chunk: Buffer): NatsFrame[] {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    const frames: NatsFrame[] = [];
    for (let frame = this.#next(); frame !== undefined; frame = this.#next()) frames.push(frame);
    return frames;
  }

  #next(): NatsFrame | undefined {
    const lineEnd = this.#rest.indexOf(LINE_END);
    if (lineEnd < 0) return undefined;
    const [operation = '', subject = '', ...more] = this.#rest.toString('latin1', 0, lineEnd).split(/[ \t]+/);
    const isMessage = /^H?MSG$/i.test(operation);
    const payload = isMessage ? Number(more.at(-1)) + LINE_END.length : 0;
    const length = lineEnd + LINE_END.length + payload;
    if (this.#rest.length < length) return undefined;
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return { bytes, subject: isMessage ? subject : undefined };
  }
}
