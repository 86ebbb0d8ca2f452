/** The channels of a tunnel, numbered as by upstream's WebSocket protocol. Source: remotecommand/constants.go. */
export const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, resize: 4 } as const;
export const CHANNELS = 5;

/** What a frame is. Values are those on the wire. */
export const FRAME = {
  /** The agent serves the tunnel. */
  accepted: 1,
  /** The agent does not: a {@link Refusal} in JSON. */
  refused: 2,
  data: 3,
  /** Nothing more comes on the channel. */
  end: 4,
  /** The other end may send so many bytes more on the channel: 32 bits. */
  credit: 5,
  /** All that there is has been sent: a {@link Result} in JSON. */
  finished: 6,
  /** The tunnel is over before its end: the reason as text. */
  gone: 7,
  /** The sender lives: 8 bytes that each process has of its own. Of no tunnel. */
  alive: 8,
} as const;

/** One message between the ends of tunnels. */
export interface Frame {
  type: number;
  /** 32 hexadecimal digits; zeros for a frame of no tunnel. */
  tunnel: string;
  /** Counts the frames of one direction of a tunnel from 1 on: a gap shows that one was lost. */
  sequence: number;
  channel: number;
  payload: Buffer;
}

export const NO_TUNNEL = '0'.repeat(32);
/** The longest payload of a frame, in bytes. */
export const MAX_PAYLOAD = 64 * 1024;
const ID_BYTES = 16;
const HEADER = 1 + ID_BYTES + 4 + 1;

export function encodeFrame({ type, tunnel, sequence, channel, payload }: Frame): Buffer {
  const bytes = Buffer.allocUnsafe(HEADER + payload.length);
  bytes.writeUInt8(type, 0);
  bytes.write(tunnel, 1, ID_BYTES, 'hex');
  bytes.writeUInt32BE(sequence, 1 + ID_BYTES);
  bytes.writeUInt8(channel, 5 + ID_BYTES);
  bytes.set(payload, HEADER);
  return bytes;
}

/** The payload is a copy. Undefined for bytes that are no frame. */
export function decodeFrame(bytes: Uint8Array): Frame | undefined {
  if (bytes.length < HEADER || bytes.length > HEADER + MAX_PAYLOAD) return undefined;
  const view = Buffer.from(bytes);
  return {
    type: view.readUInt8(0),
    tunnel: view.toString('hex', 1, 1 + ID_BYTES),
    sequence: view.readUInt32BE(1 + ID_BYTES),
    channel: view.readUInt8(5 + ID_BYTES),
    payload: view.subarray(HEADER),
  };
}

export function creditPayload(bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(4);
  payload.writeUInt32BE(bytes);
  return payload;
}

export const creditOf = (payload: Buffer): number => (payload.length === 4 ? payload.readUInt32BE() : 0);
