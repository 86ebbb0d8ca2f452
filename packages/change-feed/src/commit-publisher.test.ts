import { type JournalEntry, subjects } from '@everynode/contract';
import { ObjectCache } from '@everynode/list-watch';
import type { CommittedBatch } from '@everynode/store';
import { eventually, testLog } from '@everynode/test-kit';
import { beforeEach, describe, expect, it } from 'vitest';
import { podEntry, RecordingBus } from '../fixtures/recording-bus.js';
import { CommitPublisher } from './index.js';

const MAX_UNDER_WAY = 16;

let bus: RecordingBus;
let stopping: AbortController;
let applied: number[];
let read: number[];
let commit: (batch: CommittedBatch) => void;
let stop: () => Promise<void>;

/** A batch of one pod. Without entries it has to be read from the journal. */
const batchOf = (revision: number, isKnown = true): CommittedBatch => ({
  first: revision,
  count: 1,
  entries: isKnown ? [podEntry(revision, { placement: null })] : undefined,
});

const publishedIds = (): (string | undefined)[] => bus.on(subjects.objectsChanged).map(({ id }) => id);

beforeEach(() => {
  bus = new RecordingBus();
  stopping = new AbortController();
  applied = [];
  read = [];
  const listeners = new Set<(batch: CommittedBatch) => void>();
  commit = (batch) => {
    for (const listener of listeners) listener(batch);
  };
  const nodes = new ObjectCache<never>('nodes', { apiVersion: 'v1', kind: 'Node' });
  const publisher = new CommitPublisher({
    bus,
    source: '/test',
    log: testLog(),
    signal: stopping.signal,
    store: {
      onCommitted: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      sealEntry: (entry) => entry,
      journalAfter: async (revision, limit) => {
        read.push(revision);
        return Array.from({ length: limit }, (_, i) => podEntry(revision + 1 + i, { placement: null }));
      },
    },
    reflector: {
      revision: -1,
      cache: () => nodes,
      addListener: () => undefined,
      applyLocally: (entries: readonly JournalEntry[]) => void applied.push(...entries.map(({ revision }) => revision)),
    },
  });
  stop = publisher.start();
});

describe('CommitPublisher', () => {
  it('applies a batch to the caches at once, and publishes it', async () => {
    commit(batchOf(1));
    expect(applied).toEqual([1]);
    await eventually(() => expect(publishedIds()).toEqual(['changes-1-1']));
    expect(read).toEqual([]);
  });

  it('reads a batch from the journal when the writer does not know all of it', async () => {
    commit(batchOf(5, false));
    await eventually(() => expect(publishedIds()).toEqual(['changes-5-5']));
    expect(read).toEqual([4]);
    expect(applied).toEqual([]);
  });

  it('tries again when the bus does not take a batch', async () => {
    let refusals = 2;
    bus.respond = async () => {
      refusals -= 1;
      if (refusals >= 0) throw new Error('no stream');
    };
    commit(batchOf(1));
    await eventually(() => expect(publishedIds()).toEqual(['changes-1-1']));
  });

  it('leaves batches over its limit to the relay, and still applies them to the caches', async () => {
    const queued: (() => void)[] = [];
    bus.respond = () => new Promise((go) => void queued.push(go));
    for (let revision = 1; revision <= MAX_UNDER_WAY + 3; revision += 1) commit(batchOf(revision));
    expect(applied).toHaveLength(MAX_UNDER_WAY + 3);
    expect(queued).toHaveLength(MAX_UNDER_WAY);
    for (const go of queued) go();
    await eventually(() => expect(publishedIds()).toHaveLength(MAX_UNDER_WAY));
    bus.respond = () => Promise.resolve();
    commit(batchOf(100));
    await eventually(() => expect(publishedIds()).toContain('changes-100-100'));
    expect(publishedIds()).not.toContain(`changes-${MAX_UNDER_WAY + 1}-${MAX_UNDER_WAY + 1}`);
  });
});

describe('a CommitPublisher without a bus', () => {
  it('leaves batches to the relay, which sees that none of them came through, and still applies them', async () => {
    bus.connected = false;
    commit(batchOf(1));
    await stop();
    expect(applied).toEqual([1]);
    expect(publishedIds()).toEqual([]);
  });

  it('gives a batch up at once when the connection is lost meanwhile', async () => {
    let attempts = 0;
    bus.respond = async () => {
      attempts += 1;
      bus.connected = false;
      throw new Error('connection closed');
    };
    commit(batchOf(1));
    await stop();
    expect(attempts).toBe(1);
  });
});

describe('the stop of a CommitPublisher', () => {
  it('waits for the batches that are under way, and takes no more', async () => {
    let go: () => void = () => undefined;
    bus.respond = () =>
      new Promise((resolve) => {
        go = resolve;
      });
    commit(batchOf(1));
    const stopped = stop();
    commit(batchOf(2));
    go();
    await stopped;
    expect(publishedIds()).toEqual(['changes-1-1']);
  });

  it('gives a batch up after a few attempts when the service stops', async () => {
    let attempts = 0;
    bus.respond = async () => {
      attempts += 1;
      throw new Error('no stream');
    };
    stopping.abort();
    commit(batchOf(1));
    await stop();
    expect(attempts).toBe(3);
  });
});
