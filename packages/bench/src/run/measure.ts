import type { OwnCluster } from '../cluster/own-cluster.js';
import { measureFloor } from '../floor/floor.js';
import type { Bench, Choices, Outcome, OwnBench, Scenario } from '../scenarios/scenario.js';
import { ProcessTree } from '../usage/process-tree.js';
import { UsageSampler } from '../usage/usage-sampler.js';
import { orAbort } from './or-abort.js';
import type { MeasuredFloor, Run, Setting } from './results.js';
import type { Session } from './session.js';
import { settingOf, type Turn } from './turns.js';

/** What one turn has measured. */
export type Measured = { kind: 'run'; run: Run } | { kind: 'floor'; floor: MeasuredFloor };

interface MeasureOptions {
  choices: Choices;
  /** Prints a line. */
  say: (line: string) => void;
  /** Aborts when the bench is to end. */
  stop: AbortSignal;
}

const isOwn = (bench: Bench): bench is OwnBench => bench.cluster !== undefined;

/**
 * Takes one turn: prepares the scenario, then measures it.
 * @throws whatever the scenario throws; an Error after its deadline, or when the bench is to end.
 */
export async function measure(session: Session, turn: Turn, { choices, say, stop }: MeasureOptions): Promise<Measured> {
  const { nodes, cluster } = session;
  const { scenario, round } = turn;
  const deadline = AbortSignal.timeout(scenario.deadlineMs(nodes.length) * (round === 0 ? 3 : 1));
  // Ends whatever the scenario has started, however it ends.
  const over = new AbortController();
  const signal = AbortSignal.any([stop, deadline, over.signal]);
  const bench = session.bench(choices, signal, say);
  const setting = settingOf(scenario, nodes.length, cluster?.size);
  try {
    return await orAbort(signal, async () => {
      const run = await prepared(scenario, bench);
      if (round === 0 && cluster) {
        return { kind: 'floor', floor: { ...setting, ...(await measureFloor(cluster, run)) } };
      }
      return { kind: 'run', run: await measuredRun(setting, round, cluster, run) };
    });
  } finally {
    over.abort();
  }
}

/** Brings about the state that the scenario begins with. Returns the scenario's run. */
async function prepared(scenario: Scenario, bench: Bench): Promise<() => Promise<Outcome>> {
  if (scenario.needs === 'any API server') {
    await scenario.prepare(bench);
    return () => scenario.run(bench);
  }
  if (!isOwn(bench)) throw new Error('it needs processes of our own');
  await scenario.prepare(bench);
  return () => scenario.run(bench);
}

async function measuredRun(
  setting: Setting,
  round: number,
  cluster: OwnCluster | undefined,
  run: () => Promise<Outcome>,
): Promise<Run> {
  const sampler = cluster && new UsageSampler(new ProcessTree(cluster.pid));
  let used: ReturnType<UsageSampler['end']> | undefined;
  let outcome: Outcome;
  try {
    outcome = await run();
  } finally {
    used = sampler?.end();
  }
  return { ...setting, round, ...outcome, ...(used && { usage: used.usage, usageSamples: used.samples }) };
}
