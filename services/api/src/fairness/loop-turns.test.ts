import { describe, expect, it } from 'vitest';
import { type EventLoop, LoopTurns } from './loop-turns.js';

/** An event loop in simulated time: work moves its clock on. */
class SimulatedLoop implements EventLoop {
  #now = 0;
  #immediates: (() => void)[] = [];
  #timers: { at: number; call: () => void }[] = [];

  #waited = 0;
  #idle = 0;

  now = (): number => this.#now;
  cpu = (): number => this.#now - this.#waited;
  busy = (): number => this.#now - this.#idle;
  afterPoll = (call: () => void): void => void this.#immediates.push(call);
  after = (ms: number, call: () => void): void => {
    this.#timers.push({ at: this.#now + ms, call });
    this.#timers.sort((one, other) => one.at - other.at);
  };

  work(ms: number): void {
    this.#now += ms;
  }

  /** The machine runs other processes meanwhile. */
  wait(ms: number): void {
    this.#now += ms;
    this.#waited += ms;
  }

  /** Runs what is due, as Node.js does, until a time. Promises are settled in between. */
  async until(end: number): Promise<void> {
    while (this.#now < end) {
      for (let due = this.#timers[0]; due && due.at <= this.#now; due = this.#timers[0]) {
        this.#timers.shift();
        due.call();
        await settled();
      }
      const immediates = this.#immediates.splice(0);
      for (const call of immediates) {
        call();
        await settled();
      }
      if (immediates.length > 0) continue;
      const next = Math.max(this.#now, Math.min(end, this.#timers[0]?.at ?? end));
      this.#idle += next - this.#now;
      this.#now = next;
    }
  }
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

interface Client {
  pieceMs: number;
  lanes: number;
  /** From an answer to the next request. */
  thinkMs: number;
}

/** Plays clients for ten simulated seconds. Returns the part of the time that the pieces of each have had. */
async function play(clients: Record<string, Client>): Promise<Record<string, number>> {
  const loop = new SimulatedLoop();
  const turns = new LoopTurns(loop);
  const parts: Record<string, number> = {};
  for (const [flow, { pieceMs, lanes, thinkMs }] of Object.entries(clients)) {
    parts[flow] = 0;
    const ask = async (): Promise<void> => {
      await turns.run(flow, () => loop.work(pieceMs));
      parts[flow] = (parts[flow] ?? 0) + pieceMs / 10_000;
      loop.after(thinkMs, () => void ask());
    };
    for (let lane = 0; lane < lanes; lane += 1) void ask();
  }
  await loop.until(10_000);
  return parts;
}

describe('turns of the event loop', () => {
  it('come as soon as a flow has rested, also while another one rests longer', async () => {
    const loop = new SimulatedLoop();
    const turns = new LoopTurns(loop);
    turns.estimate('other', 300);
    turns.estimate('long', 500);
    turns.estimate('short', 20);
    const begun: [string, number][] = [];
    const run = (flow: string) => void turns.run(flow, () => begun.push([flow, loop.now()]));
    run('long');
    await loop.until(1);
    run('short');
    await loop.until(3000);
    const [first, second] = begun;
    expect([first?.[0], second?.[0]]).toEqual(['short', 'long']);
    expect(first?.[1]).toBeLessThan(200);
    expect(second?.[1]).toBeGreaterThan(200);
  });

  it('run a piece at once where nothing waits, and return what it returns', () => {
    const turns = new LoopTurns();
    expect(turns.run('a', () => 1)).toBe(1);
    const fail = (): void => {
      throw new Error('no');
    };
    expect(() => turns.run('a', fail)).toThrow('no');
  });

  it('pass on what a piece that waited returns and throws', async () => {
    const loop = new SimulatedLoop();
    const turns = new LoopTurns(loop);
    turns.charge('a', () => loop.work(2));
    const late = [turns.run('a', () => 1), turns.run('b', () => Promise.resolve(2))];
    const failed = turns.run('b', () => {
      throw new Error('no');
    });
    expect(turns.waiting).toBe(3);
    void loop.until(10);
    await expect(failed).rejects.toThrow('no');
    expect(await Promise.all(late)).toEqual([1, 2]);
    expect(turns.waiting).toBe(0);
  });

  it('go to the flow that has used least', async () => {
    const loop = new SimulatedLoop();
    const turns = new LoopTurns(loop);
    turns.charge('greedy', () => loop.work(3));
    const order: string[] = [];
    for (const flow of ['greedy', 'greedy', 'modest', 'modest']) void turns.run(flow, () => void order.push(flow));
    await loop.until(10);
    expect(order).toEqual(['modest', 'modest', 'greedy', 'greedy']);
  });

  it('come to a client that waits for its answers beside pieces of half a second', async () => {
    const parts = await play({
      greedy: { pieceMs: 500, lanes: 16, thinkMs: 0 },
      modest: { pieceMs: 0.3, lanes: 8, thinkMs: 0.1 },
    });
    expect(parts.modest).toBeGreaterThan(0.3);
  });

  const greedy = { pieceMs: 20, lanes: 16, thinkMs: 0 };
  it.each([
    // Without rests one piece of each lane would follow each piece of 20 ms: a tenth.
    ['one that waits for its answers', { pieceMs: 0.3, lanes: 8, thinkMs: 0.1 }, 0.45, 0.35],
    ['one that uses an eighth', { pieceMs: 0.3, lanes: 8, thinkMs: 20 }, 0.07, 0.5],
    ['one that asks now and then', { pieceMs: 0.3, lanes: 1, thinkMs: 50 }, 0.0035, 0.8],
  ])('leave %s what it asks for, up to its share, beside long pieces', async (_name, modest, least, rest) => {
    const parts = await play({ greedy, modest });
    expect(parts.modest).toBeGreaterThan(least);
    expect(parts.greedy).toBeGreaterThan(rest);
  });

  it('count what the loop does outside of pieces, in proportion to the estimates', async () => {
    const loop = new SimulatedLoop();
    const turns = new LoopTurns(loop);
    const served = { greedy: 0, modest: 0 };
    // A request of the greedy one has as short a piece, and is ten times the work around it.
    const ask = async (flow: keyof typeof served, aroundMs: number, thinkMs: number): Promise<void> => {
      loop.work(aroundMs);
      turns.estimate(flow, aroundMs / 5);
      await turns.run(flow, () => loop.work(0.1));
      served[flow] += 1;
      loop.after(thinkMs, () => void ask(flow, aroundMs, thinkMs));
    };
    for (let lane = 0; lane < 32; lane += 1) void ask('greedy', 2, 0);
    for (let lane = 0; lane < 4; lane += 1) void ask('modest', 0.2, 1);
    await loop.until(10_000);
    expect(served.greedy * 2.1).toBeLessThan(6000);
    expect(served.modest * 0.3).toBeGreaterThan(2000);
  });

  it('do not begin many writes at once when each is known to take long', async () => {
    const loop = new SimulatedLoop();
    const turns = new LoopTurns(loop);
    const queued: (() => void)[] = [];
    const write = () => turns.later('greedy', (run) => void queued.push(() => run(() => loop.work(50))));
    // A batch has the first one alone; then all come at once, while another client is active.
    await write();
    queued.shift()?.();
    await loop.until(500);
    const others = (): void => {
      void turns.run('modest', () => loop.work(1));
      loop.after(2, others);
    };
    others();
    await loop.until(2000);
    for (let at = 0; at < 10; at += 1) void write();
    await loop.until(2020);
    // The other client has used more until then.
    expect(queued.length).toBeLessThan(3);
    await loop.until(2300);
    expect(queued.length).toBeGreaterThan(2);
    expect(queued.length).toBeLessThan(9);
  });

  describe('of writes that take long', () => {
    const WRITE_MS = 60;
    const DECISION_MS = 20;

    /** Plays a flow with eight such writes at a time, for three seconds. Returns those of the last two. */
    async function writes(loop: SimulatedLoop, turns: LoopTurns): Promise<{ began: number; ended: number }[]> {
      const done: { began: number; ended: number }[] = [];
      const write = async (): Promise<void> => {
        await turns.later('greedy', async (run) => {
          const began = loop.now();
          run(() => loop.work(DECISION_MS));
          await new Promise<void>((resolve) => loop.after(WRITE_MS - DECISION_MS, resolve));
          done.push({ began, ended: loop.now() });
        });
        void write();
      };
      for (let lane = 0; lane < 8; lane += 1) void write();
      await loop.until(3000);
      return done.filter(({ began }) => began > 1000);
    }

    it('leave gaps of twice their length while another client is active', async () => {
      const loop = new SimulatedLoop();
      const turns = new LoopTurns(loop);
      const others = (): void => {
        turns.estimate('modest', 0.1);
        loop.after(100, others);
      };
      others();
      const known = await writes(loop, turns);
      expect(known.length).toBeGreaterThan(5);
      for (const [at, { began }] of known.entries()) {
        const before = known[at - 1];
        if (before) expect(began - before.ended).toBeGreaterThanOrEqual(2 * (before.ended - before.began));
      }
    });

    it('are not those during which the machine did something else', async () => {
      const loop = new SimulatedLoop();
      const turns = new LoopTurns(loop);
      let underway = 0;
      let most = 0;
      const write = async (): Promise<void> => {
        await turns.later('modest', async (run) => {
          run(() => {
            loop.work(0.2);
            loop.wait(DECISION_MS);
          });
          underway += 1;
          most = Math.max(most, underway);
          await new Promise<void>((resolve) => loop.after(WRITE_MS, resolve));
          underway -= 1;
        });
        void write();
      };
      for (let lane = 0; lane < 4; lane += 1) void write();
      await loop.until(1000);
      most = 0;
      await loop.until(3000);
      expect(most).toBeGreaterThan(1);
    });

    it('come one after the other to a client that is alone', async () => {
      const loop = new SimulatedLoop();
      const known = await writes(loop, new LoopTurns(loop));
      expect(known.length).toBeGreaterThan(20);
      for (const [at, { began }] of known.entries()) {
        const before = known[at - 1];
        if (before) expect(began).toBeGreaterThanOrEqual(before.ended);
      }
    });
  });

  it('are shared by four alike, however many lanes each has', async () => {
    const parts = await play({
      one: { pieceMs: 0.2, lanes: 200, thinkMs: 0 },
      two: { pieceMs: 5, lanes: 16, thinkMs: 0 },
      three: { pieceMs: 0.2, lanes: 8, thinkMs: 0 },
      four: { pieceMs: 1, lanes: 2, thinkMs: 0 },
    });
    for (const part of Object.values(parts)) expect(part).toBeGreaterThan(0.18);
  });

  it('are all had by one that is alone', async () => {
    expect(await play({ alone: { pieceMs: 0.2, lanes: 8, thinkMs: 0 } })).toEqual({ alone: expect.closeTo(1, 1) });
  });
});
