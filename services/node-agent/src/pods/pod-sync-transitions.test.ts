import { describe, expect, it } from 'vitest';
import { identity, pod, podSyncSetup } from '../../fixtures/pod-sync-setup.js';
import type { PodMode } from './pod-sync.js';

/** The table of PodSync's class comment. A mode or an event without its cells does not compile. */
type Event =
  | 'assigned'
  | 'told to stop'
  | 'object gone'
  | 'stopped by the runtime'
  | 'in the list'
  | 'in the list, to stop'
  | 'missing in the list';

interface Outcome {
  mode: PodMode;
  /** What the event makes PodSync do, in this order. */
  effects: string[];
}

const to = (mode: PodMode, ...effects: string[]): Outcome => ({ mode, effects });

const TRANSITIONS: Record<PodMode, Record<Event, Outcome>> = {
  unknown: {
    assigned: to('running', 'start'),
    'told to stop': to('unknown', 'list'),
    'object gone': to('gone', 'forget', 'forgotten'),
    'stopped by the runtime': to('stopped'),
    'in the list': to('running', 'list', 'fetch', 'start'),
    'in the list, to stop': to('running', 'list', 'fetch', 'start', 'stop'),
    'missing in the list': to('unknown', 'list'),
  },
  running: {
    assigned: to('running', 'start'),
    'told to stop': to('running', 'stop'),
    'object gone': to('gone', 'forget', 'forgotten'),
    'stopped by the runtime': to('stopped'),
    'in the list': to('running', 'list'),
    'in the list, to stop': to('running', 'list', 'stop'),
    'missing in the list': to('unknown', 'list', 'forget', 'forgotten'),
  },
  stopped: {
    assigned: to('stopped'),
    'told to stop': to('stopped', 'report stopped'),
    'object gone': to('gone', 'forget', 'forgotten'),
    'stopped by the runtime': to('stopped'),
    'in the list': to('stopped', 'list'),
    'in the list, to stop': to('stopped', 'list', 'report stopped'),
    'missing in the list': to('stopped', 'list'),
  },
  gone: {
    assigned: to('gone'),
    'told to stop': to('gone'),
    'object gone': to('gone', 'forget', 'forgotten'),
    'stopped by the runtime': to('gone'),
    'in the list': to('gone', 'list'),
    'in the list, to stop': to('gone', 'list'),
    'missing in the list': to('gone', 'list'),
  },
};

type Setup = ReturnType<typeof podSyncSetup>;

const assign = ({ command }: Setup) => command('pod-assigned', { revision: 11, pods: [pod('a')] });
const remove = ({ command }: Setup) =>
  command('pod-terminating', { revision: 12, pods: [identity('a', { gone: true })] });
const compare = async ({ sync, state }: Setup) => {
  state.revision = 20;
  await sync.resync();
};

/** Brings the pod into a mode. The last list was empty, at revision 10. */
const ENTER: Record<PodMode, (setup: Setup) => void> = {
  unknown: () => undefined,
  running: assign,
  stopped: (setup) => {
    assign(setup);
    setup.sync.stopped('a');
  },
  gone: remove,
};

const HAPPEN: Record<Event, (setup: Setup) => void | Promise<void>> = {
  assigned: assign,
  'told to stop': ({ command }) => command('pod-terminating', { revision: 12, pods: [identity('a')] }),
  'object gone': remove,
  'stopped by the runtime': ({ sync }) => sync.stopped('a'),
  'in the list': async (setup) => {
    setup.assigned.set('a', {});
    await compare(setup);
  },
  'in the list, to stop': async (setup) => {
    setup.assigned.set('a', { graceSeconds: 7 });
    await compare(setup);
  },
  'missing in the list': compare,
};

const entries = <K extends string, V>(record: Record<K, V>) => Object.entries(record) as [K, V][];

describe('the transition table of PodSync', () => {
  describe.each(entries(TRANSITIONS))('a pod that is %s', (mode, outcomes) => {
    it.each(entries(outcomes))('when it is %s', async (event, outcome) => {
      const setup = podSyncSetup();
      await setup.sync.resync();
      ENTER[mode](setup);
      expect(setup.sync.modeOf('a')).toBe(mode);
      setup.effects.length = 0;
      await HAPPEN[event](setup);
      expect({ mode: setup.sync.modeOf('a'), effects: setup.effects }).toEqual(outcome);
    });
  });
});

describe('a pod that the table has in one cell and a rule makes an exception of', () => {
  it('keeps running when a list lacks it that is older than its assignment', async () => {
    const setup = podSyncSetup();
    assign(setup);
    setup.state.revision = 10;
    await setup.sync.resync();
    expect(setup.sync.modeOf('a')).toBe('running');
  });

  it('stays unknown when the assignment is not newer than a list that lacks it', async () => {
    const setup = podSyncSetup();
    await compare(setup);
    assign(setup);
    expect(setup.sync.modeOf('a')).toBe('unknown');
  });
});
