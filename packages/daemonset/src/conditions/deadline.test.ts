import { describe, expect, it } from 'vitest';
import { type Behaviour, type TimedOptions, TimedRollout } from '../../fixtures/timed-rollout.js';

/** Seconds. A good pod takes a third of the deadline. */
const DEADLINE = 60;
const GOOD: Behaviour = { readyAfter: 20 };
const BAD: Behaviour = {};
const NODES = ['a', 'b', 'c', 'd'];
const LIMITS = {
  'everynode.io/progress-deadline-seconds': String(DEADLINE),
  'everynode.io/rollback-on-deadline': 'true',
};

/** A rollout that is complete, with these limits and options. */
function settled(options: TimedOptions = {}): TimedRollout {
  const rollout = new TimedRollout(
    NODES,
    { readyAfter: 1 },
    {
      ...options,
      annotations: { ...LIMITS, ...options.annotations },
    },
  );
  rollout.pass(1000, () => rollout.condition('Progressing') === 'True RolloutComplete');
  rollout.pass(5);
  expect(rollout.condition('Progressing')).toBe('True RolloutComplete');
  expect(rollout.failed).toEqual([]);
  return rollout;
}

interface Slowness {
  what: string;
  options?: TimedOptions;
  /** Holds the rollout back, before it begins or in the middle of it. */
  hold: (rollout: TimedRollout) => void;
  /** Takes the hold away; without it, the hold goes by itself or slows the rollout only. */
  release?: (rollout: TimedRollout) => void;
  /** How long it is held, in seconds. */
  heldFor?: number;
  /** A bad revision is found after the hold, too. False: the hold is there to find it. */
  findsBad?: boolean;
}

const annotated = (what: string, changes: Record<string, string>): Slowness => ({
  what,
  hold: (rollout) => rollout.annotate(changes),
  release: (rollout) => rollout.annotate(Object.fromEntries(Object.keys(changes).map((key) => [key, undefined]))),
});

const unserved: Slowness['hold'] = (rollout) => {
  rollout.isServed = false;
};

const CASES: Slowness[] = [
  annotated('paused', { 'everynode.io/paused': 'true' }),
  annotated('frozen', { 'everynode.io/frozen': 'true' }),
  annotated('a partition of all nodes', { 'everynode.io/partition': '4' }),
  annotated('a partition as a percentage', { 'everynode.io/partition': '100%' }),
  annotated('a partition of some nodes', { 'everynode.io/partition': '2' }),
  annotated('no canary', { 'everynode.io/canary': '0' }),
  annotated('a canary by number', { 'everynode.io/canary': '1' }),
  annotated('canaries as a percentage', { 'everynode.io/canary': '50%' }),
  annotated('canaries by a selector that chooses no node', { 'everynode.io/canary': 'ring=first' }),
  {
    what: 'canaries that must run for longer than the deadline',
    options: { annotations: { 'everynode.io/canary': '1', 'everynode.io/canary-seconds': '200' } },
    hold: () => undefined,
  },
  {
    what: 'nodes whose NotReady pods use up the budget',
    hold: (rollout) => setReady(rollout, ['a'], false),
    release: (rollout) => setReady(rollout, ['a'], true),
  },
  {
    what: 'NotReady nodes, all of them',
    hold: (rollout) => setReady(rollout, NODES, false),
    release: (rollout) => setReady(rollout, NODES, true),
  },
  {
    what: 'NotReady nodes that are skipped',
    options: { annotations: { 'everynode.io/skip-not-ready': 'true' } },
    hold: (rollout) => setReady(rollout, ['a', 'b'], false),
    release: (rollout) => setReady(rollout, ['a', 'b'], true),
  },
  {
    what: 'NotReady nodes under a surge',
    options: { maxUnavailable: 0, maxSurge: 1 },
    hold: (rollout) => setReady(rollout, ['a'], false),
    release: (rollout) => setReady(rollout, ['a'], true),
  },
  {
    what: 'a zone whose node is NotReady',
    options: { annotations: { 'everynode.io/topology-order': 'zone', 'everynode.io/topology-budget': '1' } },
    hold: (rollout) => setReady(rollout, ['a'], false),
    release: (rollout) => setReady(rollout, ['a'], true),
  },
  {
    what: 'a rate of one pod in two minutes',
    options: { annotations: { 'everynode.io/creates-per-minute': '1' } },
    hold: () => undefined,
  },
  {
    what: 'a strategy of OnDelete, and pods that are deleted by hand later',
    options: { type: 'OnDelete' },
    hold: () => undefined,
    heldFor: 150,
    release: (rollout) => {
      for (const node of NODES) rollout.deletePod(node);
    },
  },
  {
    what: 'a bus that is away',
    hold: (rollout) => {
      rollout.isBusUp = false;
    },
    release: (rollout) => {
      rollout.isBusUp = true;
    },
  },
  {
    what: 'Postgres that is away',
    hold: (rollout) => {
      unserved(rollout);
      rollout.isBusUp = false;
    },
    release: (rollout) => {
      rollout.isServed = true;
      rollout.isBusUp = true;
      rollout.noteOutage();
    },
  },
  {
    what: 'no scheduler',
    hold: unserved,
    release: (rollout) => {
      rollout.crash();
      rollout.isServed = true;
    },
  },
];

function setReady(rollout: TimedRollout, names: readonly string[], isReady: boolean): void {
  for (const name of names) {
    const node = rollout.nodes.get(name);
    if (node) node.isReady = isReady;
  }
}

describe.each(CASES)('a rollout with a deadline, and $what', ({ options, hold, release, heldFor = 90 }) => {
  const finish = (rollout: TimedRollout): void => {
    rollout.pass(heldFor);
    release?.(rollout);
    rollout.pass(2000, () => rollout.isComplete);
    rollout.pass(2);
  };
  const expectGood = (rollout: TimedRollout): void => {
    expect(rollout.isComplete).toBe(true);
    expect(rollout.failed).toEqual([]);
    expect(rollout.alarms).toEqual([]);
    expect(rollout.faults).toEqual([]);
  };

  it('lets a good revision that is held from the beginning go on', () => {
    const rollout = settled(options);
    hold(rollout);
    rollout.pass(1);
    rollout.apply(GOOD);
    finish(rollout);
    expectGood(rollout);
  });

  it('lets a good revision that is held in the middle go on', () => {
    for (const into of [1, 15]) {
      const rollout = settled(options);
      rollout.apply(GOOD);
      rollout.pass(into);
      hold(rollout);
      finish(rollout);
      expectGood(rollout);
    }
  });

  it('lets a good revision go on when the hold comes and goes', () => {
    const rollout = settled(options);
    rollout.apply(GOOD);
    for (let i = 0; i < 4; i += 1) {
      hold(rollout);
      rollout.pass(40);
      release?.(rollout);
      rollout.pass(10);
    }
    finish(rollout);
    expectGood(rollout);
  });

  it('rolls a bad revision back, and not before it had the whole deadline after the hold', () => {
    const rollout = settled(options);
    hold(rollout);
    rollout.pass(1);
    const bad = rollout.apply(BAD);
    rollout.pass(heldFor);
    const failedMeanwhile = rollout.failed.length > 0;
    const released = rollout.seconds;
    release?.(rollout);
    rollout.pass(2000, () => rollout.failed.length > 0);
    expect(rollout.failed).toEqual([bad]);
    // What may move under a hold is judged under it: canaries, nodes beyond a partition.
    if (release && !failedMeanwhile) expect(rollout.seconds - released).toBeGreaterThanOrEqual(DEADLINE);
    rollout.annotate({ 'everynode.io/canary': undefined, 'everynode.io/partition': undefined });
    if (options?.type !== 'OnDelete') {
      rollout.pass(2000, () => rollout.isComplete);
      expect(rollout.isComplete).toBe(true);
    }
    expect(rollout.faults).toEqual([]);
  });
});

describe('a deadline', () => {
  it('is not missed in the moment in which a rollout is resumed', () => {
    const rollout = settled({ annotations: { 'everynode.io/progress-deadline-seconds': '6' } });
    rollout.annotate({ 'everynode.io/paused': 'true' });
    rollout.apply({ readyAfter: 3 });
    rollout.pass(9);
    rollout.annotate({ 'everynode.io/paused': undefined });
    rollout.pass(100, () => rollout.isComplete);
    expect(rollout.failed).toEqual([]);
    expect(rollout.alarms).toEqual([]);
    expect(rollout.isComplete).toBe(true);
  });

  it.each([
    ['a pod that is not ready', BAD],
    ['a pod that fails, and its successors', { failsAfter: 5 }],
  ])('rolls back for %s, and is held when it is applied again', (_what, behaviour) => {
    const rollout = settled();
    const bad = rollout.apply(behaviour);
    const begun = rollout.seconds;
    rollout.pass(2000, () => rollout.failed.length > 0);
    expect(rollout.failed).toEqual([bad]);
    expect(rollout.seconds - begun).toBeGreaterThanOrEqual(DEADLINE);
    expect(rollout.seconds - begun).toBeLessThan(DEADLINE + 10);
    rollout.pass(100, () => rollout.isComplete);
    // The same template again: its hash is the failed one.
    rollout.annotate({ 'everynode.io/failed-revision': rollout.apply(behaviour) });
    rollout.pass(200);
    expect(rollout.failed).toEqual([bad]);
    expect(rollout.condition('Paused')).toBe('True RevisionFailed');
    rollout.apply(GOOD);
    rollout.pass(1000, () => rollout.isComplete);
    expect(rollout.isComplete).toBe(true);
    expect(rollout.failed).toEqual([bad]);
  });

  it('alarms for a pod without room, which is no fault of what the pods did', () => {
    const rollout = settled();
    rollout.apply({ unplaced: true });
    rollout.pass(200);
    expect(rollout.failed).toEqual([]);
    expect(rollout.alarms).toHaveLength(1);
    expect(rollout.view?.progress.suspects).toEqual([{ node: 'a', kind: 'unplaced' }]);
  });

  it('does not count the time that old pods take to end', () => {
    const rollout = new TimedRollout(NODES, { readyAfter: 1, stopAfter: 300 }, { annotations: LIMITS });
    rollout.pass(60, () => rollout.isComplete);
    rollout.apply(GOOD);
    rollout.pass(3000, () => rollout.isComplete);
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('begins with the readiness of a pod when that is not enough: minReadySeconds', () => {
    const rollout = settled({ minReadySeconds: 55 });
    rollout.apply({ readyAfter: 50 });
    rollout.pass(1);
    rollout.pass(1000, () => rollout.condition('Progressing') === 'True RolloutComplete');
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('has nothing to do with a node that joins a complete rollout', () => {
    const rollout = settled();
    rollout.pass(1000);
    for (const name of ['x', 'y', 'z']) {
      rollout.join(name);
      rollout.pass(200, () => rollout.isComplete);
      expect(rollout.condition('Progressing')).toBe('True RolloutComplete');
    }
    rollout.crash();
    rollout.join('late');
    rollout.pass(1);
    expect(rollout.condition('Progressing')).toBe('True RolloutComplete');
    rollout.pass(100);
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('does not withdraw a rollout that is complete when its pods fail later', () => {
    const rollout = settled();
    rollout.pass(500);
    for (const node of NODES) rollout.deletePod(node);
    rollout.pass(500);
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('gives a node that joins in the middle all of its time, though a node before it had used its own', () => {
    const rollout = settled();
    rollout.apply({ readyAfter: 55 });
    rollout.pass(45);
    rollout.join('x');
    rollout.pass(5);
    // The node on trial goes, and takes its trial with it; x has been on trial since it joined.
    const [tried = ''] = NODES.filter((node) => rollout.hashesOn(node).includes(rollout.revision));
    rollout.leave(tried);
    rollout.pass(1000, () => rollout.isComplete);
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('leaves a first revision without a predecessor alone', () => {
    const rollout = new TimedRollout(NODES, BAD, { annotations: LIMITS });
    rollout.pass(200);
    expect([rollout.failed, rollout.revision]).toEqual([[], 'r1']);
    expect(rollout.alarms).toHaveLength(1);
  });

  it('counts from when it is set', () => {
    const rollout = settled({ annotations: { 'everynode.io/progress-deadline-seconds': '100000' } });
    rollout.apply({ readyAfter: 300 });
    rollout.pass(290);
    rollout.annotate(LIMITS);
    rollout.pass(20);
    expect([rollout.failed, rollout.alarms]).toEqual([[], []]);
  });

  it('goes on when another scheduler takes over, whose clock may be wrong', () => {
    for (const skew of [0, 600, -600]) {
      const rollout = settled();
      const bad = rollout.apply(BAD);
      const begun = rollout.seconds;
      rollout.pass(DEADLINE / 2);
      rollout.crash();
      rollout.skew = skew;
      rollout.pass(2000, () => rollout.failed.length > 0);
      expect(rollout.failed).toEqual([bad]);
      const took = rollout.seconds - begun;
      expect(took).toBeGreaterThanOrEqual(DEADLINE);
      expect(took).toBeLessThanOrEqual(skew < 0 ? 1.5 * DEADLINE + 10 : DEADLINE + 10);
    }
  });

  it('ends though schedulers crash again and again', () => {
    const rollout = settled();
    const bad = rollout.apply(BAD);
    for (let i = 0; i < 10 && rollout.failed.length === 0; i += 1) {
      rollout.pass(DEADLINE / 2 + 2);
      rollout.crash();
    }
    expect(rollout.failed).toEqual([bad]);
  });

  it('waits for a sign of life of the node, whose pod may be well', () => {
    const rollout = settled();
    rollout.apply(GOOD);
    rollout.pass(5);
    rollout.areAgentsUp = false;
    rollout.pass(2 * DEADLINE);
    expect([rollout.failed, rollout.alarms]).toEqual([[], []]);
    rollout.areAgentsUp = true;
    rollout.pass(1000, () => rollout.isComplete);
    expect([rollout.isComplete, rollout.failed, rollout.alarms]).toEqual([true, [], []]);
  });

  it('finds a bad revision when the node is heard of again', () => {
    const rollout = settled();
    const bad = rollout.apply(BAD);
    rollout.pass(5);
    rollout.areAgentsUp = false;
    rollout.pass(2 * DEADLINE);
    expect(rollout.failed).toEqual([]);
    rollout.areAgentsUp = true;
    const took = rollout.pass(1000, () => rollout.failed.length > 0);
    expect(rollout.failed).toEqual([bad]);
    expect(took).toBeLessThanOrEqual(5);
  });

  it('that has passed stays passed when the node falls silent', () => {
    const rollout = new TimedRollout(NODES, BAD, { annotations: LIMITS });
    rollout.pass(100);
    expect(rollout.condition('Progressing')).toBe('False ProgressDeadlineExceeded');
    rollout.areAgentsUp = false;
    rollout.crash();
    rollout.pass(200);
    expect(rollout.alarms).toHaveLength(1);
  });

  it('that has passed is not withdrawn by a scheduler that takes over', () => {
    const rollout = settled();
    rollout.apply({ unplaced: true });
    rollout.pass(200);
    rollout.crash();
    rollout.pass(200);
    expect(rollout.alarms).toHaveLength(1);
    expect(rollout.condition('Progressing')).toBe('False ProgressDeadlineExceeded');
  });
});
