import { Duplex, type Readable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { constants, createDeflate } from 'node:zlib';
import { eventually } from '@everynode/test-kit';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { HEADER_DICTIONARY } from './header-dictionary.js';
import { SpdyConnection, type SpdyStream } from './spdy-connection.js';
import { controlFrame, dataFrame, FIN, FrameParser, SPDY } from './spdy-frames.js';

/** A connection, and the client's end of it. */
function connected({ maxStreams }: { maxStreams?: number } = {}) {
  const answers: Buffer[] = [];
  const duplex = new Duplex({
    read: () => undefined,
    write: (chunk: Buffer, _encoding, done) => {
      answers.push(chunk);
      done();
    },
  });
  const streams: SpdyStream[] = [];
  const connection = new SpdyConnection(duplex, (stream) => streams.push(stream), maxStreams);
  const deflate = createDeflate({ dictionary: HEADER_DICTIONARY });
  const open = async (id: number): Promise<void> => {
    deflate.write(Buffer.alloc(4));
    await new Promise<void>((resolve) => deflate.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    const numbers = Buffer.alloc(6);
    duplex.push(controlFrame(SPDY.synStream, [id], Buffer.concat([numbers, deflate.read() as Buffer])));
  };
  return { duplex, streams, connection, open, answers };
}

/** What comes now is not read. */
const heldUp = async (duplex: Readable): Promise<void> => {
  for (let i = 0; i < 100; i += 1) await turn();
  duplex.push(controlFrame(SPDY.ping, [9]));
  for (let i = 0; i < 20; i += 1) await turn();
  expect(duplex.readableLength).toBeGreaterThan(0);
};

it('reads nothing more when all streams together have too much that waits, and goes on when it is read', async () => {
  const { duplex, streams, open } = connected();
  for (const id of [1, 3, 5, 7]) await open(id);
  await eventually(() => expect(streams).toHaveLength(4));
  for (const id of [1, 3, 5, 7]) duplex.push(dataFrame(id, 0, Buffer.alloc(200_000)));
  for (let i = 0; i < 10; i += 1) duplex.push(dataFrame(1, 0, Buffer.alloc(100)));
  await heldUp(duplex);
  streams[0]?.resume();
  streams[1]?.destroy();
  await eventually(() => expect(duplex.readableLength).toBe(0));
});

it('lets go of its streams when the connection closes while it is held up', async () => {
  const { duplex, streams, connection, open } = connected();
  await open(1);
  for (let i = 0; i < 10; i += 1) duplex.push(dataFrame(1, 0, Buffer.alloc(100_000)));
  await heldUp(duplex);
  duplex.destroy();
  await connection.closed;
  expect(streams[0]?.destroyed).toBe(true);
});

it('counts pieces, and an end once', async () => {
  const { duplex, streams, open } = connected();
  await open(1);
  await eventually(() => expect(streams).toHaveLength(1));
  for (let i = 0; i < 10_000; i += 1) duplex.push(dataFrame(1, 0, Buffer.from('x')));
  await heldUp(duplex);
  let read = '';
  streams[0]?.on('data', (bytes) => {
    read += bytes;
  });
  await eventually(() => expect(read).toHaveLength(10_000));
  for (let i = 0; i < 3; i += 1) duplex.push(dataFrame(1, FIN, Buffer.alloc(0)));
  await eventually(() => expect(streams[0]?.readableEnded).toBe(true));
});

it('has no more streams than it may', async () => {
  const { streams, open, answers } = connected({ maxStreams: 2 });
  for (const id of [1, 3, 5]) await open(id);
  await eventually(() => expect(answers).toContainEqual(controlFrame(SPDY.rstStream, [5, 5])));
  expect(streams).toHaveLength(2);
});

it('cuts frames out of pieces of any size', () => {
  const frames = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 10 });
  const size = fc.integer({ min: 1, max: 700 });
  fc.assert(
    fc.property(frames, size, (bodies, pieceSize) => {
      const sent = Buffer.concat(bodies.map((body) => dataFrame(1, 0, body)));
      const parser = new FrameParser();
      const read: string[] = [];
      const kept: Buffer[] = [];
      for (let at = 0; at < sent.length; at += pieceSize) {
        for (const frame of parser.push(Buffer.from(sent.subarray(at, at + pieceSize)))) {
          read.push(frame.body.toString('hex'));
          kept.push(frame.body);
        }
      }
      const expected = bodies.map((body) => Buffer.from(body).toString('hex'));
      expect(read).toEqual(expected);
      // What comes later is not written over what was cut out.
      expect(kept.map((body) => body.toString('hex'))).toEqual(expected);
    }),
  );
});

it('reads a long frame in small pieces in a time that grows with its length', () => {
  const parser = new FrameParser();
  const sent = dataFrame(1, 0, Buffer.alloc(1024 * 1024));
  const started = performance.now();
  let frames = 0;
  for (let at = 0; at < sent.length; at += 8) frames += [...parser.push(sent.subarray(at, at + 8))].length;
  expect(frames).toBe(1);
  // It took a minute when each piece copied all before it.
  expect(performance.now() - started).toBeLessThan(5000);
});
