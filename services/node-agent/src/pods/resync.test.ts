import { testLog } from '@everynode/test-kit';
import { afterEach, describe, expect, it } from 'vitest';
import { Resync, type ResyncMode } from './resync.js';

/** The modes of Resync's class comment. A mode or an event without its cells does not compile. */
type Event = 'requested' | 'comparison succeeds' | 'comparison fails' | 'signal aborts';

const TRANSITIONS: Record<ResyncMode, Record<Event, ResyncMode>> = {
  idle: {
    requested: 'comparing',
    'comparison succeeds': 'idle',
    'comparison fails': 'idle',
    'signal aborts': 'idle',
  },
  comparing: {
    requested: 'comparing-again',
    'comparison succeeds': 'idle',
    'comparison fails': 'comparing',
    'signal aborts': 'idle',
  },
  'comparing-again': {
    requested: 'comparing-again',
    'comparison succeeds': 'comparing',
    'comparison fails': 'comparing-again',
    'signal aborts': 'idle',
  },
};

const stopping: AbortController[] = [];
afterEach(() => {
  for (const controller of stopping.splice(0)) controller.abort();
});

/** A Resync whose comparison ends when the test says so. */
function setup() {
  const controller = new AbortController();
  stopping.push(controller);
  let current: { resolve: () => void; reject: (error: Error) => void } | undefined;
  const resync = new Resync({
    compare: () =>
      new Promise<void>((resolve, reject) => {
        current = { resolve, reject };
        controller.signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
      }),
    log: testLog(),
    signal: controller.signal,
  });
  return { resync, controller, settle: () => current };
}

type Setup = ReturnType<typeof setup>;

const ENTER: Record<ResyncMode, (setup: Setup) => void> = {
  idle: () => undefined,
  comparing: ({ resync }) => void resync.request(),
  'comparing-again': ({ resync }) => {
    void resync.request();
    void resync.request();
  },
};

const HAPPEN: Record<Event, (setup: Setup) => void> = {
  requested: ({ resync }) => void resync.request(),
  'comparison succeeds': ({ settle }) => settle()?.resolve(),
  'comparison fails': ({ settle }) => settle()?.reject(new Error('the bus is away')),
  'signal aborts': ({ controller }) => controller.abort(),
};

const entries = <K extends string, V>(record: Record<K, V>) => Object.entries(record) as [K, V][];
/** Everything that is due without a timer has happened. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe.each(entries(TRANSITIONS))('a resync that is %s', (mode, outcomes) => {
  it.each(entries(outcomes))('when %s', async (event, outcome) => {
    const parts = setup();
    ENTER[mode](parts);
    expect(parts.resync.mode).toBe(mode);
    HAPPEN[event](parts);
    await turn();
    expect(parts.resync.mode).toBe(outcome);
  });
});

describe('a resync', () => {
  it('resolves only after a comparison that began after the request', async () => {
    const { resync, settle } = setup();
    void resync.request();
    let isDone = false;
    const second = resync.request().then(() => {
      isDone = true;
    });
    settle()?.resolve();
    await turn();
    expect(isDone).toBe(false);
    settle()?.resolve();
    await second;
    expect(resync.succeeded).toBe(2);
  });

  it('shows its trouble until a comparison has succeeded', async () => {
    const { resync, settle } = setup();
    expect(resync.trouble).toBe('not synchronised yet');
    const first = resync.request();
    settle()?.resolve();
    await first;
    expect(resync.trouble).toBeUndefined();
    void resync.request();
    settle()?.reject(new Error('the bus is away'));
    await turn();
    expect(resync.trouble).toBe('the assigned pods cannot be listed');
  });
});
