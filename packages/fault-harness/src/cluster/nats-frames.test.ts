import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NatsFrames } from './nats-frames.js';

const message = (subject: string, payload: string) => `MSG ${subject} 9 $JS.ACK.x ${payload.length}\r\n${payload}\r\n`;
const withHeaders = `HMSG everynode.b 9 12 17\r\nNATS/1.0\r\n\r\nhello\r\n`;

describe('NatsFrames', () => {
  it.each<[string, string, string | undefined]>([
    ['a line', 'PING\r\n', undefined],
    ['a message', message('everynode.a', 'hello'), 'everynode.a'],
    ['a message with line ends', message('everynode.a', 'MSG x 1 3\r\nabc\r\n'), 'everynode.a'],
    ['an empty message', message('everynode.a', ''), 'everynode.a'],
    ['a message with headers', withHeaders, 'everynode.b'],
  ])('takes %s for one operation', (_, text, subject) => {
    expect(new NatsFrames().push(Buffer.from(text))).toEqual([{ bytes: Buffer.from(text), subject }]);
  });

  it('finds the same operations wherever chunks begin and end', () => {
    const operation = fc.oneof(
      fc.constantFrom('PING\r\n', '+OK\r\n', withHeaders),
      fc.string({ unit: 'binary-ascii' }).map((payload) => message('everynode.a', payload)),
    );
    fc.assert(
      fc.property(fc.array(operation), fc.array(fc.nat(200)), (operations, sizes) => {
        const all = Buffer.from(operations.join(''), 'latin1');
        const frames = new NatsFrames();
        const found: string[] = [];
        let at = 0;
        for (const size of [...sizes, all.length]) {
          for (const { bytes } of frames.push(all.subarray(at, at + size))) found.push(bytes.toString('latin1'));
          at += size;
        }
        expect(found).toEqual(operations);
      }),
    );
  });
});
