import { reportOrder } from '@everynode/contract';
import type { AssignedPod } from '@everynode/kubelet';
import type { PodReport } from '@everynode/pod-runtime';
import { testLog } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import { SentMessages } from '../reports/sent-messages.js';
import { type ReportMode, StatusOutbox } from './status-outbox.js';

/** The table of StatusOutbox's class comment. A mode or an event without its cells does not compile. */
type Event =
  | 'reported'
  | 'reported as stopped'
  | 'put into a message'
  | 'in a message that the bus accepts'
  | 'in a message that fails'
  | 'in its message, which is stored'
  | 'in its message, which is lost'
  | 'listed with an older report'
  | 'listed with the report of a later process'
  | 'listed with this report'
  | 'forgotten';

const stays = (mode: ReportMode): Record<Event, ReportMode> => ({
  reported: 'waiting',
  'reported as stopped': 'waiting',
  'put into a message': mode,
  'in a message that the bus accepts': mode,
  'in a message that fails': mode,
  'in its message, which is stored': mode,
  'in its message, which is lost': mode,
  'listed with an older report': mode,
  'listed with the report of a later process': mode,
  'listed with this report': mode,
  forgotten: 'unknown',
});

/** What is not named here keeps the mode, but for the events that do the same in each. */
const TRANSITIONS: Record<ReportMode, Record<Event, ReportMode>> = {
  unknown: stays('unknown'),
  waiting: { ...stays('waiting'), 'put into a message': 'sent' },
  sent: {
    ...stays('sent'),
    'in a message that fails': 'waiting',
    'in its message, which is stored': 'acknowledged',
    'in its message, which is lost': 'waiting',
  },
  acknowledged: {
    ...stays('acknowledged'),
    'listed with an older report': 'waiting',
    'listed with the report of a later process': 'waiting',
  },
};

const POD: AssignedPod = {
  metadata: { name: 'a', namespace: 'default', uid: 'a' },
  spec: { nodeName: 'node-1', containers: [{ name: 'c' }] },
};
const RUNNING: PodReport = { status: { phase: 'Running' }, stopped: false, events: [] };

/** An outbox whose messages end when the test says so. */
function setup() {
  const underWay: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const messages = new SentMessages();
  const outbox = new StatusOutbox({
    incarnation: 7,
    messages,
    log: testLog(),
    signal: new AbortController().signal,
    publish: () => new Promise<void>((resolve, reject) => underWay.push({ resolve, reject })),
  });
  return { outbox, messages, underWay };
}

type Setup = ReturnType<typeof setup>;

/** Everything that is due without a timer has happened: a report that waited is in a message. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
/** Not a whole turn: the next message must not be built meanwhile. */
const shortTurn = async () => {
  for (let i = 0; i < 10; i += 1) await Promise.resolve();
};

const send = async ({ outbox }: Setup) => {
  outbox.add(POD, RUNNING);
  await turn();
};
const accept = async ({ underWay }: Setup) => {
  underWay.shift()?.resolve();
  await shortTurn();
};

/** Brings the report into a mode while message 1 has it and is on its way; where it is `acknowledged`, it is stored. */
const ENTER: Record<ReportMode, (setup: Setup) => Promise<void>> = {
  unknown: async (parts) => {
    await send(parts);
    parts.outbox.forget('a');
  },
  waiting: async (parts) => {
    await send(parts);
    parts.outbox.add(POD, RUNNING);
  },
  sent: send,
  acknowledged: async (parts) => {
    await send(parts);
    await accept(parts);
    parts.messages.stored(1);
  },
};

const HAPPEN: Record<Event, (setup: Setup) => Promise<void> | void> = {
  reported: ({ outbox }) => outbox.add(POD, RUNNING),
  'reported as stopped': ({ outbox }) =>
    outbox.addStopped({ namespace: 'default', name: 'a', uid: 'a', node: 'node-1' }),
  // After a pause of some ms, in which more reports could have come.
  'put into a message': async ({ outbox }) => {
    const until = Date.now() + 5000;
    while (outbox.waiting > 0 && Date.now() < until) await turn();
  },
  'in a message that the bus accepts': accept,
  'in a message that fails': async ({ underWay }) => {
    underWay.shift()?.reject(new Error('the bus is away'));
    await turn();
  },
  'in its message, which is stored': async (parts) => {
    await accept(parts);
    parts.messages.stored(1);
  },
  'in its message, which is lost': async (parts) => {
    await accept(parts);
    parts.messages.reset();
  },
  'listed with an older report': ({ outbox }) => outbox.onListed([{ uid: 'a', reported: reportOrder(7, 0) }]),
  'listed with the report of a later process': ({ outbox }) =>
    outbox.onListed([{ uid: 'a', reported: reportOrder(8, 1) }]),
  'listed with this report': ({ outbox }) => outbox.onListed([{ uid: 'a', reported: reportOrder(7, 1) }]),
  forgotten: ({ outbox }) => outbox.forget('a'),
};

const entries = <K extends string, V>(record: Record<K, V>) => Object.entries(record) as [K, V][];

describe('the transition table of StatusOutbox', () => {
  describe.each(entries(TRANSITIONS))('a report that is %s', (mode, outcomes) => {
    it.each(entries(outcomes))('when it is %s', async (event, outcome) => {
      const parts = setup();
      await ENTER[mode](parts);
      expect(parts.outbox.modeOf('a')).toBe(mode);
      await HAPPEN[event](parts);
      expect(parts.outbox.modeOf('a')).toBe(outcome);
    });
  });
});

describe('the last report of a pod', () => {
  it('is kept until the store has it, and not longer', async () => {
    const parts = setup();
    parts.outbox.add(POD, { ...RUNNING, stopped: true });
    await turn();
    await accept(parts);
    expect(parts.outbox.modeOf('a')).toBe('sent');
    parts.messages.stored(1);
    expect(parts.outbox.modeOf('a')).toBe('unknown');
  });

  it('stays acknowledged when the bus says later that it failed: the store had it', async () => {
    const parts = setup();
    await send(parts);
    parts.messages.stored(1);
    parts.underWay.shift()?.reject(new Error('timeout'));
    await turn();
    expect(parts.outbox.modeOf('a')).toBe('acknowledged');
  });
});
