import { randomInt } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkHistory, type HistoryEntry, type Violation } from '@everynode/history-checker';
import { Cluster } from '../cluster/cluster.js';
import type { Fault } from '../faults/fault.js';
import { now } from '../record/clock.js';
import { JournalTail } from '../record/journal-tail.js';
import { Recorder } from '../record/recorder.js';
import { storedObjects } from '../record/stored-objects.js';
import { lastingLeaks, measure } from './leaks.js';
import { type Done, Nemesis } from './nemesis.js';
import { SeededRandom } from './random.js';
import { planSteps } from './schedule.js';
import { Truth } from './truth.js';
import { Workload } from './workload.js';

export interface RunOptions {
  seed?: number;
  /** Of the run without the start and the end of the cluster. */
  minutes: number;
  faults: readonly Fault[];
  /**
   * Of these faults, those that come first: once each, two at once where they touch nothing in common, and all steps
   * with short pauses between.
   */
  first?: readonly Fault[];
  /** The faults were asked for: one that is impossible here is an error. */
  areNamed?: boolean;
  /** No step breaks a rollout that is under way: to measure what a fault alone does. */
  allAtRest?: boolean;
  /** All has to be as it shall be so soon after a fault, besides the rest of a rollout, in ms; 10 s by default. */
  convergenceMs?: number;
  nodes: number;
  agents?: number;
  /** No fault lasts longer, in ms. */
  longestMs: number;
  say: (line: string) => void;
  /** Ends the run early. */
  signal?: AbortSignal;
}

/**
 * The faults that this machine can inject. One that cannot is left out with a line that names what is missing.
 * @throws Error for one that was asked for by name.
 */
async function possibleFaults({ faults, areNamed, say }: RunOptions): Promise<Fault[]> {
  const possible: Fault[] = [];
  for (const fault of faults) {
    const missing = await fault.missing?.();
    if (missing === undefined) possible.push(fault);
    else if (areNamed) throw new Error(`${fault.name}: ${missing}`);
    else say(`left out: ${fault.name} (${missing})`);
  }
  return possible;
}

export interface RunResult {
  seed: number;
  /** The run's folder: history, logs. */
  folder: string;
  historyFile: string;
  history: readonly HistoryEntry[];
  done: Done;
  violations: Violation[];
}

const SETTLE_MS = 60_000;
/** Shares of the steps. */
const MIXED = 0.25;
const AT_REST = 0.4;
/** Invariant 6. */
const CONVERGENCE_MS = 10_000;
const AGENTS = 4;
/** The longest time between two steps, and where as many as possible have to find room. */
const PAUSE_MS = 2500;
const SHORT_PAUSE_MS = 500;
/** How long a node is not heard of before it is taken for lost, in seconds. */
const NODE_GRACE_SECONDS = 20;

/** Starts a cluster, runs clients and faults, and checks the history. */
export async function runFaults(options: RunOptions): Promise<RunResult> {
  const { seed = randomInt(2 ** 31), minutes, nodes, agents = AGENTS, longestMs, say } = options;
  const faults = await possibleFaults(options);
  const folder = await mkdtemp(join(tmpdir(), 'everynode-faults-'));
  const historyFile = join(folder, 'history.jsonl');
  say(`seed ${seed}, run in ${folder}`);
  const random = new SeededRandom(seed);
  const recorder = new Recorder(historyFile);
  const size = { nodes, agents, apiReplicas: 2, schedulerReplicas: 2 };
  const apis = Array.from({ length: size.apiReplicas }, (_, at) => `api-${at + 1}`);
  const { convergenceMs = CONVERGENCE_MS } = options;
  const command = process.argv.slice(2).join(' ');
  recorder.add({ entry: 'run', seed, at: now(), command, apis, recoveryMs: convergenceMs });
  const disks = Object.assign({}, ...faults.map((fault) => fault.disks ?? {})) as Record<string, number>;
  const cluster = await Cluster.start(folder, {
    size,
    env: { EVERYNODE_NODE_MONITOR_GRACE_SECONDS: String(NODE_GRACE_SECONDS) },
    disks,
    hasNamespaces: faults.some(({ needsNamespaces }) => needsNamespaces),
  });
  const workload = new Workload();
  const truth = new Truth(cluster);
  const tail = new JournalTail(cluster, (change) => {
    truth.apply(change);
    recorder.add({ entry: 'change', ...change });
  });
  const following = tail.follow();
  let done: Done;
  try {
    await workload.start(cluster, recorder, random.fork());
    workload.setEditing(false);
    await settle(truth, tail);
    const began = now();
    await workload.rollOut(cluster, recorder);
    await settle(truth, tail);
    const rolloutMs = now() - began;
    say(`every DaemonSet runs; a rollout of all takes ${(rolloutMs / 1000).toFixed(1)} s here without a fault`);
    const before = await measure(cluster);
    const steps = planSteps(
      {
        faults,
        first: faults.filter(({ name }) => options.first?.some((one) => one.name === name)),
        budgetMs: minutes * 60_000,
        longestMs,
        mixed: MIXED,
        atRest: options.allAtRest ? 1 : AT_REST,
      },
      random.fork(),
    );
    const setEditing = (may: boolean): void => workload.setEditing(may);
    const nemesis = new Nemesis({
      cluster,
      recorder,
      tail,
      truth,
      random: random.fork(),
      convergenceMs,
      rolloutMs,
      pauseMs: options.first ? SHORT_PAUSE_MS : PAUSE_MS,
      setEditing,
      say,
    });
    done = await nemesis.run(steps, minutes * 60_000, options.signal ?? new AbortController().signal);
    await workload.stop();
    recorder.add({ entry: 'stored', ...(await storedObjects(cluster)) });
    await tail.read();
    for (const leak of await lastingLeaks(before, cluster)) recorder.add(leak);
  } finally {
    await workload.stop();
    tail.stop();
    await following;
    truth.close();
    await cluster.stop();
    await recorder.close();
  }
  const { history } = recorder;
  const violations = checkHistory(history);
  // Databases and logs are of use only to understand a failure.
  if (violations.length === 0 && done.missed.length === 0) await rm(cluster.stateDir, { recursive: true, force: true });
  return { seed, folder, historyFile, history, done, violations };
}

/** @throws Error with what is wrong when the cluster does not become as it shall be, with no fault at all. */
async function settle(truth: Truth, tail: JournalTail): Promise<void> {
  const { isSettled, trouble } = await truth.settled(tail, SETTLE_MS);
  if (!isSettled) throw new Error(`the cluster has not settled before the first fault: ${trouble}`);
}
