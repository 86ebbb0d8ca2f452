import { buffer } from 'node:stream/consumers';
import { setImmediate as turn } from 'node:timers/promises';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { WINDOW } from './channels.js';
import { CHANNEL, decodeFrame, encodeFrame, type Frame } from './frame.js';
import { Tunnel, TunnelLostError, TunnelRefusedError } from './tunnel.js';
import { TunnelLink } from './tunnel-link.js';

const ID = 'ab'.repeat(16);

/** Two ends that are joined. What is on its way arrives in order, when `deliver` is called or by itself. */
function joined({ drop = () => false }: { drop?: (frame: Frame) => boolean } = {}) {
  let sent = 0;
  const onItsWay: (() => void)[] = [];
  const carry = (to: () => Tunnel) => (frame: Frame) => {
    sent += frame.payload.length;
    const bytes = encodeFrame(frame);
    const copy = decodeFrame(bytes);
    if (copy && !drop(copy)) onItsWay.push(() => to().receive(copy));
    void turn().then(() => onItsWay.shift()?.());
    return undefined;
  };
  const near: Tunnel = new Tunnel(
    ID,
    carry(() => far),
    () => undefined,
  );
  const far: Tunnel = new Tunnel(
    ID,
    carry(() => near),
    () => undefined,
  );
  return { near, far, sent: () => sent };
}

describe('a tunnel', () => {
  it('carries any bytes whole and in order, both ways at once', async () => {
    const pieces = fc.array(
      fc.uint8Array({ maxLength: 100_000 }).map((bytes) => Buffer.from(bytes)),
      { maxLength: 8 },
    );
    await fc.assert(
      fc.asyncProperty(pieces, pieces, async (down, up) => {
        const { near, far } = joined();
        const send = (tunnel: Tunnel, channel: number, list: Buffer[]) => {
          const to = tunnel.writable(channel);
          for (const piece of list) to.write(piece);
          to.end();
        };
        send(near, CHANNEL.stdin, down);
        send(far, CHANNEL.stdout, up);
        const [received, answered] = await Promise.all([
          buffer(far.readable(CHANNEL.stdin)),
          buffer(near.readable(CHANNEL.stdout)),
        ]);
        expect(received.equals(Buffer.concat(down))).toBe(true);
        expect(answered.equals(Buffer.concat(up))).toBe(true);
      }),
    );
  });

  it('sends a slow reader one window and no more, and another channel all it has', async () => {
    const { near, far, sent } = joined();
    const slow = far.writable(CHANNEL.stdout);
    for (let i = 0; i < 100; i += 1) slow.write(Buffer.alloc(WINDOW));
    far.writable(CHANNEL.stderr).end('through');
    expect((await buffer(near.readable(CHANNEL.stderr))).toString()).toBe('through');
    for (let i = 0; i < 200; i += 1) await turn();
    expect(sent()).toBeLessThan(WINDOW + 1000);
    let read = 0;
    for await (const piece of near.readable(CHANNEL.stdout)) {
      read += (piece as Buffer).length;
      if (read >= 100 * WINDOW) break;
    }
    expect(read).toBe(100 * WINDOW);
  });

  it('ends with an error when a message was lost, and never with a hole', async () => {
    let frames = 0;
    const { near, far } = joined({
      drop: () => {
        frames += 1;
        return frames === 2;
      },
    });
    const to = far.writable(CHANNEL.stdout);
    to.on('error', () => undefined);
    for (const text of ['one', 'two', 'three']) {
      to.write(text);
      await turn();
    }
    await expect(buffer(near.readable(CHANNEL.stdout))).rejects.toThrow('a message of the tunnel was lost');
    await expect(far.result).rejects.toThrow(TunnelLostError);
  });

  it('ends when the other end sends more than it may', async () => {
    const { near } = joined();
    for (let i = 1; i <= 5; i += 1) {
      const payload = Buffer.alloc(64 * 1024);
      near.receive({ type: 3, tunnel: ID, sequence: i, channel: CHANNEL.stdout, payload });
    }
    await expect(near.result).rejects.toThrow('sent more than it may');
  });

  it.each([
    [2, 'null'],
    [2, '{"reason":"Weather","message":"x"}'],
    [2, '{"reason":"BadRequest"}'],
    [2, 'no json'],
    [6, '[]x'],
    [6, 'null'],
    [6, '{"exitCode":"0"}'],
    [6, '{"error":{}}'],
    [77, ''],
  ])('ends, and nothing else does, by a frame %s of what is not understood: %s', async (type, text) => {
    const link = new TunnelLink({ send: () => undefined, nameOf: (peer) => peer });
    const [tunnel, other] = [link.begin(ID, 'agent'), link.begin('cd'.repeat(16), 'agent')];
    const frame = encodeFrame({ type, tunnel: ID, sequence: 1, channel: 0, payload: Buffer.from(text) });
    link.receive('agent', frame);
    await expect(tunnel.opened).rejects.toThrow('does not speak this protocol');
    await expect(tunnel.result).rejects.toThrow('does not speak this protocol');
    expect(link.size).toBe(1);
    other.abort('over');
  });

  it('cuts what the other end says', async () => {
    const { near, far } = joined();
    far.refuse({ reason: 'BadRequest', message: 'x'.repeat(100_000) });
    await expect(near.opened).rejects.toThrow(/^x{1024}$/);
  });

  it('keeps small and empty pieces as a few', async () => {
    const { near } = joined();
    for (let i = 1; i <= 20_000; i += 1) {
      const payload = Buffer.alloc(i % 2, 'x');
      near.receive({ type: 3, tunnel: ID, sequence: i, channel: CHANNEL.stdout, payload });
    }
    let pieces = 0;
    for await (const _piece of near.readable(CHANNEL.stdout)) {
      pieces += 1;
      if (near.readable(CHANNEL.stdout).readableLength === 0) break;
    }
    expect(pieces).toBeLessThan(10);
  });

  it('says why it is refused, and how it has ended', async () => {
    const refused = joined();
    refused.far.refuse({ reason: 'BadRequest', message: 'not here' });
    await expect(refused.near.opened).rejects.toThrow(TunnelRefusedError);
    const { near, far } = joined();
    far.accept();
    await near.opened;
    far.writable(CHANNEL.stdout).end('last words');
    await turn();
    far.finish({ exitCode: 7 });
    expect(await near.result).toEqual({ exitCode: 7 });
    expect((await buffer(near.readable(CHANNEL.stdout))).toString()).toBe('last words');
  });
});
