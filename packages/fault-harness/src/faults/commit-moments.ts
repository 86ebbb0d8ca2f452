import type { TcpProxy } from '@everynode/test-kit';
import { beginsTransaction, hasCommitReply } from '../cluster/postgres-replies.js';
import { signalIfThere } from '../cluster/signals.js';
import { now } from '../record/clock.js';
import type { Fault, FaultContext, InjectedFault } from './fault.js';
import { oneOf } from './processes.js';

/** Sends a signal to a process at the first reply from Postgres that `match` accepts, before the process has it. */
async function signalAtReply(
  { cluster }: FaultContext,
  target: string,
  match: (reply: Buffer) => boolean,
  signal: NodeJS.Signals,
): Promise<{ pid: number; proxy: TcpProxy | undefined; strikes: number[] }> {
  const pid = await cluster.pidOf(target);
  const proxy = cluster.routes.of(target).postgres;
  const strikes: number[] = [];
  proxy?.set({
    name: 'swallow',
    match: (reply) => {
      if (strikes.length === 0 && match(reply)) {
        strikes.push(now());
        signalIfThere(pid, signal);
      }
      return false;
    },
    afterwards: 'cut',
  });
  return { pid, proxy, strikes };
}

function killedAtCommit(kind: 'api' | 'scheduler'): Fault {
  return {
    name: `kill-${kind}-at-commit`,
    about: `kill -9 of a replica of ${kind} between its commit and its publication`,
    holdMs: [3000],
    isDefault: true,
    isShort: true,
    touches: ['postgres', 'api', kind],
    needsEdits: kind === 'scheduler',
    async inject(context): Promise<InjectedFault> {
      const target = await oneOf(context.cluster, `${kind}-`, context.random);
      const { proxy, strikes } = await signalAtReply(context, target, hasCommitReply, 'SIGKILL');
      return { target, down: [target], strikes, heal: () => Promise.resolve(proxy?.set({ name: 'pass' })) };
    },
  };
}

function stoppedInTransaction(kind: 'api' | 'scheduler'): Fault {
  return {
    name: `stop-${kind}-in-transaction`,
    about: `SIGSTOP of a replica of ${kind} that holds the counter row: every write waits for that row`,
    holdMs: [8000, 20_000, 60_000],
    isDefault: true,
    isShort: true,
    touches: ['postgres', 'api', kind],
    needsEdits: kind === 'scheduler',
    async inject(context): Promise<InjectedFault> {
      const target = await oneOf(context.cluster, `${kind}-`, context.random);
      const { pid, proxy, strikes } = await signalAtReply(context, target, beginsTransaction, 'SIGSTOP');
      const heal = (): Promise<void> => {
        proxy?.set({ name: 'pass' });
        signalIfThere(pid, 'SIGCONT');
        return Promise.resolve();
      };
      return { target, down: [target], strikes, heal };
    },
  };
}

function cableInTransaction(kind: 'api' | 'scheduler'): Fault {
  return {
    name: `hold-${kind}-in-transaction`,
    about: `the cable between Postgres and a replica of ${kind} that holds the counter row is pulled`,
    holdMs: [8000, 20_000, 60_000],
    isDefault: true,
    isShort: true,
    touches: ['postgres', 'api', kind],
    needsEdits: kind === 'scheduler',
    async inject({ cluster, random }): Promise<InjectedFault> {
      const target = await oneOf(cluster, `${kind}-`, random);
      const proxy = cluster.routes.of(target).postgres;
      const strikes: number[] = [];
      const match = (reply: Buffer): boolean => {
        if (!beginsTransaction(reply)) return false;
        strikes.push(now());
        proxy?.set({ name: 'stall' });
        return false;
      };
      proxy?.set({ name: 'swallow', match, afterwards: 'stall' });
      return { target, strikes, heal: () => Promise.resolve(proxy?.set({ name: 'pass' })) };
    },
  };
}

export const commitFaults: readonly Fault[] = [
  killedAtCommit('api'),
  killedAtCommit('scheduler'),
  stoppedInTransaction('api'),
  stoppedInTransaction('scheduler'),
  cableInTransaction('api'),
  cableInTransaction('scheduler'),
];
