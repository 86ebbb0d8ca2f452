import { testLog } from '@everynode/test-kit';
import { describe, expect, it } from 'vitest';
import type { AssignedPod, PodReport } from '../runtime/runtime.js';
import { type ReportMode, StatusOutbox } from './status-outbox.js';

/** The table of StatusOutbox's class comment. A mode or an event without its cells does not compile. */
type Event =
  | 'reported'
  | 'reported as stopped'
  | 'repeated'
  | 'put into a message'
  | 'in a message that is accepted'
  | 'in a message that fails'
  | 'forgotten';

const TRANSITIONS: Record<ReportMode, Record<Event, ReportMode>> = {
  unknown: {
    reported: 'waiting',
    'reported as stopped': 'waiting',
    repeated: 'unknown',
    'put into a message': 'unknown',
    'in a message that is accepted': 'unknown',
    'in a message that fails': 'unknown',
    forgotten: 'unknown',
  },
  waiting: {
    reported: 'waiting',
    'reported as stopped': 'waiting',
    repeated: 'waiting',
    'put into a message': 'sent',
    'in a message that is accepted': 'waiting',
    'in a message that fails': 'waiting',
    forgotten: 'unknown',
  },
  sent: {
    reported: 'waiting',
    'reported as stopped': 'waiting',
    repeated: 'waiting',
    'put into a message': 'sent',
    'in a message that is accepted': 'sent',
    'in a message that fails': 'waiting',
    forgotten: 'unknown',
  },
};

const POD: AssignedPod = {
  metadata: { name: 'a', namespace: 'default', uid: 'a' },
  spec: { nodeName: 'node-1', containers: [{ name: 'c' }] },
};
const RUNNING: PodReport = { status: { phase: 'Running' }, stopped: false, events: [] };

/** An outbox whose messages end when the test says so. */
function setup() {
  const messages: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const outbox = new StatusOutbox({
    incarnation: 7,
    log: testLog(),
    signal: new AbortController().signal,
    publish: () => new Promise<void>((resolve, reject) => messages.push({ resolve, reject })),
  });
  return { outbox, messages };
}

type Setup = ReturnType<typeof setup>;

/** Everything that is due without a timer has happened: a report that waited is in a message. */
const turn = () => new Promise((resolve) => setImmediate(() => setImmediate(resolve)));

const send = async ({ outbox }: Setup) => {
  outbox.add(POD, RUNNING);
  await turn();
};

/** Brings the report into a mode while a message that contains it is on its way, except for `unknown`. */
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
};

const HAPPEN: Record<Event, (setup: Setup) => Promise<void> | void> = {
  reported: ({ outbox }) => outbox.add(POD, RUNNING),
  'reported as stopped': ({ outbox }) =>
    outbox.addStopped({ namespace: 'default', name: 'a', uid: 'a', node: 'node-1' }),
  repeated: ({ outbox }) => outbox.repeatAll(),
  // After a pause of some ms, in which more reports could have come.
  'put into a message': async ({ outbox }) => {
    const until = Date.now() + 5000;
    while (outbox.waiting > 0 && Date.now() < until) await turn();
  },
  'in a message that is accepted': async ({ messages }) => {
    messages.shift()?.resolve();
    // Not a whole turn: the next message must not be built meanwhile.
    for (let i = 0; i < 10; i += 1) await Promise.resolve();
  },
  'in a message that fails': async ({ messages }) => {
    messages.shift()?.reject(new Error('the bus is away'));
    await turn();
  },
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
  it('is kept until its message is accepted, and not longer', async () => {
    const { outbox, messages } = setup();
    outbox.add(POD, { ...RUNNING, stopped: true });
    await turn();
    expect(outbox.modeOf('a')).toBe('sent');
    messages.shift()?.resolve();
    await turn();
    expect(outbox.modeOf('a')).toBe('unknown');
  });
});
