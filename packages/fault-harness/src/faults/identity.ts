import { access } from 'node:fs/promises';
import type { Fault } from './fault.js';
import { oneOf } from './processes.js';

/** Where Debian's package `faketime` puts it; the folder of the architecture is in between. */
const LIBRARIES = ['x86_64', 'aarch64'].map((arch) => `/usr/lib/${arch}-linux-gnu/faketime/libfaketime.so.1`);

async function findLibrary(): Promise<string | undefined> {
  for (const path of LIBRARIES) {
    if (
      await access(path).then(
        () => true,
        () => false,
      )
    )
      return path;
  }
  return undefined;
}

function clockFault(kind: 'api' | 'scheduler' | 'agent', offset: string, words: string): Fault {
  return {
    name: `clock-${kind}${offset}`,
    about: `the clock of one ${kind} is ${words}: it is started so, and later again with the right one`,
    holdMs: [5000],
    isDefault: true,
    isShort: false,
    touches: [kind],
    missing: async () =>
      (await findLibrary()) === undefined ? 'libfaketime is missing: apt-get install faketime' : undefined,
    async inject({ cluster, random }) {
      const target = await oneOf(cluster, `${kind}-`, random);
      const LD_PRELOAD = await findLibrary();
      const clock = { LD_PRELOAD, FAKETIME: offset, FAKETIME_DONT_FAKE_MONOTONIC: '1', FAKETIME_NO_CACHE: '1' };
      cluster.routes.extra.set(target, clock);
      await cluster.signal(target, 'SIGKILL');
      const heal = async (): Promise<void> => {
        cluster.routes.extra.delete(target);
        await cluster.killWhenItRuns(target);
      };
      return { target, down: [target], heal };
    },
  };
}

const sameName: Fault = {
  name: 'schedulers-of-one-name',
  about: 'both schedulers have one replica name: a name is no lease',
  holdMs: [10_000],
  isDefault: true,
  isShort: true,
  touches: ['scheduler'],
  async inject({ cluster }) {
    cluster.routes.extra.set('scheduler-2', { EVERYNODE_REPLICA: 'scheduler-1' });
    await cluster.signal('scheduler-2', 'SIGKILL');
    const heal = async (): Promise<void> => {
      cluster.routes.extra.delete('scheduler-2');
      await cluster.killWhenItRuns('scheduler-2');
    };
    return { target: 'scheduler-2', heal };
  },
};

export const identityFaults: readonly Fault[] = [
  clockFault('agent', '-10m', 'ten minutes behind'),
  clockFault('agent', '+10m', 'ten minutes ahead'),
  clockFault('scheduler', '-10m', 'ten minutes behind'),
  clockFault('scheduler', '+10m', 'ten minutes ahead'),
  clockFault('api', '-10m', 'ten minutes behind'),
  clockFault('api', '+10m', 'ten minutes ahead'),
  sameName,
];
