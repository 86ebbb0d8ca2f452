import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { jetstreamManager } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import { NatsFrames } from '../cluster/nats-frames.js';
import { now } from '../record/clock.js';
import { connectToBus } from './bus-connection.js';
import { type Fault, nothingToHeal } from './fault.js';

const STREAMS = ['JOURNAL', 'MANIFESTS', 'REPORTS', 'HEARTBEATS', 'COMMANDS'].map((name) => `EVERYNODE_${name}`);
/** All that goes by a stream. */
const SUBJECTS = ['everynode.v1.journal.>', 'everynode.v1.agent.*.command.>', 'everynode.v1.agent.*.report.>'];
/** The latest that a delayed message arrives, in ms. */
const LATE_MS = 2000;
/** Marks what the harness publishes, so that it is not taken up again. */
const MARK = 'Everynode-Faults';

type Manager = Awaited<ReturnType<typeof jetstreamManager>>;

function streamsFault(name: string, about: string, act: (stream: string, manager: Manager) => Promise<unknown>): Fault {
  return {
    name,
    about,
    holdMs: [0],
    isDefault: true,
    isShort: true,
    touches: ['nats'],
    async inject({ cluster }) {
      const connection = await connectToBus(cluster);
      try {
        const manager = await jetstreamManager(connection);
        // A stream that is not there cannot be harmed.
        const results = await Promise.allSettled(STREAMS.map((stream) => act(stream, manager)));
        if (results.every(({ status }) => status === 'rejected')) throw new Error('there is no stream');
      } finally {
        await connection.close();
      }
      return { target: 'every stream', heal: nothingToHeal };
    },
  };
}

const emptied: Fault = {
  name: 'nats-emptied',
  about: 'kill -9 of NATS, and all that it has stored is deleted (Jepsen on NATS 2.12: lost acknowledged messages)',
  holdMs: [0],
  isDefault: true,
  isShort: true,
  touches: ['nats'],
  async inject({ cluster }) {
    await cluster.signal('nats', 'SIGKILL');
    await rm(join(cluster.stateDir, 'nats', 'jetstream'), { recursive: true, force: true });
    return { target: 'nats', heal: nothingToHeal };
  },
};

/** A second publisher: what passes is published again, late and in another order. */
const repeated: Fault = {
  name: 'messages-repeated',
  about: 'a third of all messages come again, up to 3 s late and in another order',
  holdMs: [8000],
  isDefault: true,
  isShort: true,
  touches: ['nats'],
  async inject({ cluster, random }) {
    const connection = await connectToBus(cluster);
    const timers = new Set<NodeJS.Timeout>();
    const strikes: number[] = [];
    for (const subject of SUBJECTS) {
      connection.subscribe(subject, {
        callback: (_error, message) => {
          if (message.headers?.has(MARK) || !random.chance(0.33)) return;
          const again = headers();
          for (const [key, values] of message.headers ?? []) {
            // With its id the server would drop it as a duplicate.
            if (key !== 'Nats-Msg-Id') for (const value of values) again.append(key, value);
          }
          again.set(MARK, '1');
          const { subject: to, data } = message;
          const timer = setTimeout(
            () => {
              timers.delete(timer);
              connection.publish(to, data, { headers: again });
              strikes.push(now());
            },
            random.between(0, 3000),
          );
          timers.add(timer);
        },
      });
    }
    const heal = async (): Promise<void> => {
      for (const timer of timers) clearTimeout(timer);
      await connection.close();
    };
    return { target: 'every stream', strikes, heal };
  },
};

/** A filter of each connection: messages are held back, and those that come after them pass. */
const delayed: Fault = {
  name: 'messages-delayed',
  about: 'a third of all messages arrive up to 2 s late, after those that were sent later; connections are cut first',
  holdMs: [8000],
  isDefault: true,
  isShort: true,
  touches: ['nats'],
  async inject({ cluster, random }) {
    const file = (name: string) => readFile(join(cluster.stateDir, 'pki', name), 'utf8');
    const [key, cert, ca] = await Promise.all([file('nats.key'), file('nats.crt'), file('ca.crt')]);
    const proxies = cluster.routes.all().map(({ nats }) => nats);
    const strikes: number[] = [];
    const held = new Map<NodeJS.Timeout, () => void>();
    let isOver = false;
    const hold = (release: () => void): void => {
      strikes.push(now());
      const timer = setTimeout(
        () => {
          held.delete(timer);
          release();
        },
        random.between(100, LATE_MS),
      );
      held.set(timer, release);
    };
    const open = () => {
      const frames = new NatsFrames();
      return (chunk: Buffer, pass: (bytes: Buffer) => void): void => {
        for (const { bytes, subject } of frames.push(chunk)) {
          if (!isOver && subject?.startsWith('everynode.') && random.chance(0.33)) hold(() => pass(bytes));
          else pass(bytes);
        }
      };
    };
    for (const proxy of proxies) {
      proxy.set({ name: 'filter', open, identity: { key, cert, ca } });
      // A filter sees a connection from its first byte.
      proxy.cut();
    }
    const heal = (): Promise<void> => {
      isOver = true;
      for (const proxy of proxies) proxy.set({ name: 'pass' });
      for (const [timer, release] of held) {
        clearTimeout(timer);
        release();
      }
      return Promise.resolve();
    };
    return { target: 'all', strikes, heal };
  },
};

export const busFaults: readonly Fault[] = [
  emptied,
  streamsFault('streams-purged', 'every message of every stream is purged', (stream, manager) =>
    manager.streams.purge(stream),
  ),
  streamsFault('streams-deleted', 'every stream is deleted, with its consumers', (stream, manager) =>
    manager.streams.delete(stream),
  ),
  repeated,
  delayed,
];
