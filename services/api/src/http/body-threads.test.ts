import { resourceByStorage } from '@everynode/objects';
import { afterEach, describe, expect, it } from 'vitest';
import { BODY_THREAD_DEFAULTS, type BodyThreadLimits, BodyThreads } from './body-threads.js';
import { decodeBytes } from './read-bytes.js';

const ENTRY = new URL('../../testing/body-worker.mjs', import.meta.url);
const decoding = { target: resourceByStorage('configmaps'), fieldValidation: 'Warn' } as const;

let threads: BodyThreads;

function start(limits: Partial<BodyThreadLimits> = {}): void {
  threads = new BodyThreads(ENTRY, { ...BODY_THREAD_DEFAULTS, readMs: 60_000, ...limits });
}

afterEach(() => threads.close());

let spent: number[] = [];

const decode = (text: string, flow = 'jane') =>
  threads.decode({ flow, spent: (ms) => void spent.push(ms) }, { bytes: Buffer.from(text), format: 'yaml' }, decoding);

const SMALL = 'metadata: {name: x, labels: {b: "1", a: "2"}}\ndata: {k: v, k: w}\nnone: 1\n';
const mapOf = (keys: number) =>
  `metadata: {name: x}\ndata:\n${Array.from({ length: keys }, (_, at) => `  k${at}: v\n`).join('')}`;
const COSTLY = mapOf(9000);

describe('a thread', () => {
  it('reads what this one would read, with its warnings', async () => {
    start();
    const decoded = await decode(SMALL);
    expect(decoded).toEqual(decodeBytes(Buffer.from(SMALL), 'yaml', decoding));
    expect(decoded.warnings).toHaveLength(2);
  });

  it('refuses as this one would', async () => {
    start();
    const wrong = 'data: [1]';
    await expect(decode(wrong)).rejects.toEqual(
      expect.objectContaining({ reason: 'BadRequest', message: expect.stringContaining('cannot be handled as a') }),
    );
    expect(() => decodeBytes(Buffer.from(wrong), 'yaml', decoding)).toThrow('cannot be handled as a');
  });

  it('is ended when a body takes too long, and the next body has another one', async () => {
    start({ readMs: 5 });
    await expect(decode(COSTLY)).rejects.toMatchObject({
      reason: 'RequestEntityTooLarge',
      message: 'Request entity too large: the body takes more than 0.005 s to read',
    });
    await expect(decode(COSTLY)).rejects.toMatchObject({ reason: 'RequestEntityTooLarge' });
    await threads.close();
    start();
    expect((await decode(COSTLY)).object.metadata.name).toBe('x');
  });

  it('is charged to the client, also where it is ended', async () => {
    start();
    await decode(SMALL);
    spent = [];
    const began = performance.now();
    await decode(COSTLY);
    expect(spent).toEqual([expect.any(Number)]);
    expect(spent[0]).toBeGreaterThan(1);
    // The clock of CPU and that of time are not the same.
    expect(spent[0]).toBeLessThan(performance.now() - began + 1);
    await threads.close();
    start({ readMs: 5 });
    spent = [];
    await expect(decode(COSTLY)).rejects.toMatchObject({ reason: 'RequestEntityTooLarge' });
    expect(spent).toHaveLength(1);
    expect(spent[0]).toBeGreaterThanOrEqual(4);
  });

  it('that has no program is an error of this service', async () => {
    threads = new BodyThreads(new URL('./none.mjs', import.meta.url), BODY_THREAD_DEFAULTS);
    await expect(decode(SMALL)).rejects.toThrow('Cannot find module');
  });
});

describe('bodies', () => {
  it('wait in turn by client', async () => {
    start({ threads: 1 });
    const order: string[] = [];
    const read = async (flow: string) => {
      await decode(SMALL, flow);
      order.push(flow);
    };
    await Promise.all([read('greedy'), read('greedy'), read('greedy'), read('greedy'), read('modest')]);
    expect(order.indexOf('modest')).toBeLessThan(3);
  });

  it('of one client leave a thread to the next', async () => {
    start();
    const order: string[] = [];
    const read = async (flow: string, text: string) => {
      await decode(text, flow);
      order.push(flow);
    };
    // Each client's own thread has started.
    await Promise.all([read('greedy', SMALL), read('modest', SMALL)]);
    await Promise.all([...Array.from({ length: 4 }, () => read('greedy', mapOf(1000))), read('modest', SMALL)]);
    expect(order.indexOf('modest', 2)).toBeLessThan(4);
  });
});
