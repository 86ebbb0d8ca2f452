import { setTimeout as delay } from 'node:timers/promises';
import { AttackerProcess } from '../attack/attacker-process.js';
import { ATTACK_NAMES, type AttackName, prepareAttacks } from '../attack/attacks.js';
import { type KubeClient, MERGE_PATCH } from '../client/kube-client.js';
import { Latencies } from '../latencies.js';
import { NAMESPACE } from '../run/workload.js';
import { type Bench, type ClientScenario, type Figure, type Outcome, usualDeadlineMs } from './scenario.js';

const LANES = 8;
const MEASURED_MS = 5000;
/** What the usual client sends: less than the half that is its share beside one other client. */
const PART_OF_ALL = 0.4;

const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
/** Refusals count as requests that were not done, and do not end the bench. */
const REFUSALS = [429, 503, 504];
const nameOf = (lane: number): string => `bench-neighbour-${lane}`;

const WRITES = { contentType: MERGE_PATCH, accepts: REFUSALS };

/** Requests of the usual client until the time is over. */
interface Load {
  done: number;
  latencies: Latencies;
}

/**
 * The usual client: three reads for a write, in lanes that wait for their answers. With a rate each lane waits for its
 * next turn as well; one that is late does not catch up.
 */
async function usualLoad(client: KubeClient, signal: AbortSignal, perSecond = Number.POSITIVE_INFINITY): Promise<Load> {
  const latencies = new Latencies();
  const began = performance.now();
  const end = began + MEASURED_MS;
  const stepMs = (LANES * 1000) / perSecond;
  const run = async (lane: number): Promise<void> => {
    const path = `${PATH}/${nameOf(lane)}`;
    let due = began + (stepMs * lane) / LANES;
    for (let turn = lane; due < end && !signal.aborted; turn += 1) {
      const early = due - performance.now();
      if (early > 0) await delay(early);
      const sent = performance.now();
      if (sent >= end) return;
      const { status } =
        turn % 4 > 0
          ? await client.timed('GET', path, undefined, { accepts: REFUSALS })
          : await client.timed('PATCH', path, { data: { turn: `${sent}` } }, WRITES);
      if (status < 300) latencies.add(performance.now() - sent);
      due = Math.max(due + stepMs, performance.now());
    }
  };
  await Promise.all(Array.from({ length: LANES }, (_, lane) => run(lane)));
  signal.throwIfAborted();
  return { done: latencies.count, latencies };
}

/** The row of an agent that floods the bus, where the cluster is our own. */
const AGENT = 'flooding agent';

/** What the usual client gets done by itself. */
interface Alone {
  /** Requests at full speed. */
  full: number;
  /** At the rate that is its part of that. */
  usual: Load;
}

const rateBeside = (full: number): number => (PART_OF_ALL * full * 1000) / MEASURED_MS;

async function alone(client: KubeClient, signal: AbortSignal): Promise<Alone> {
  const full = (await usualLoad(client, signal)).done;
  return { full, usual: await usualLoad(client, signal, rateBeside(full)) };
}

interface Kept {
  attack: AttackName | typeof AGENT;
  /** Of what a usual client gets done by itself, at a part of the full speed and at full speed. */
  part: number;
  full: number;
  p99Ms: number;
  attacks: number;
}

/** Measures both loads of the usual client beside one attack. */
async function beside(
  { client, signal }: Bench,
  attack: Kept['attack'],
  { full: fullAlone, usual }: Alone,
  start: () => Promise<AttackerProcess>,
): Promise<Kept> {
  const attacker = await start();
  try {
    const before = await attacker.count();
    const { done, latencies } = await usualLoad(client, signal, rateBeside(fullAlone));
    const after = await attacker.count();
    const full = await usualLoad(client, signal);
    return {
      attack,
      part: done / usual.done,
      full: full.done / fullAlone,
      p99Ms: latencies.percentile(99),
      attacks: ((after.answered - before.answered) * 1000) / MEASURED_MS,
    };
  } finally {
    await attacker.stop();
  }
}

export const noisyNeighbour: ClientScenario = {
  name: 'noisy-neighbour',
  about: 'what another user that sends all it can, in nine ways, or an agent, costs a usual client of its throughput',
  needs: 'any API server',
  isDefault: false,
  repeats: true,
  deadlineMs: (nodes) => 480_000 + usualDeadlineMs(nodes),
  async prepare({ client, signal, workload }) {
    await (await workload(1)).ensureReady(signal);
    await prepareAttacks(client);
    for (let lane = 0; lane < LANES; lane += 1) {
      const path = `${PATH}/${nameOf(lane)}`;
      await client.timed('DELETE', path, undefined, { accepts: [404] });
      await client.timed('POST', PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: nameOf(lane) } });
    }
    await usualLoad(client, signal);
  },
  async run(bench) {
    const { client, signal, cluster } = bench;
    const first = await alone(client, signal);
    const all: Kept[] = [];
    const measure = async (attack: Kept['attack'], start: () => Promise<AttackerProcess>): Promise<void> => {
      // Each is compared with what was possible just before it: the speed of a shared machine changes within minutes.
      const kept = await beside(bench, attack, await alone(client, signal), start);
      all.push(kept);
      const { part, full: whole, p99Ms, attacks } = kept;
      bench.say(
        `${attack}: keeps ${part.toFixed(2)}, at full speed ${whole.toFixed(2)}; ` +
          `p99 ${p99Ms.toFixed(0)} ms; ${attacks.toFixed(0)} attacks/s`,
      );
    };
    for (const attack of ATTACK_NAMES) {
      await measure(attack, () => AttackerProcess.start(client.kubeconfig, attack, signal));
    }
    if (cluster) await measure(AGENT, () => AttackerProcess.startAgent(cluster, signal));
    return outcomeOf(all, first);
  },
};

function outcomeOf(all: readonly Kept[], { full, usual }: Alone): Outcome {
  const perSecond = (count: number): number => (count * 1000) / MEASURED_MS;
  const figures: Figure[] = all.flatMap(({ attack, part, full: whole, p99Ms, attacks }): Figure[] => [
    { name: `${attack}: kept`, value: part, unit: '×' },
    { name: `${attack}: kept at full speed`, value: whole, unit: '×' },
    { name: `${attack}: p99`, value: p99Ms, unit: 'ms' },
    { name: `${attack}: attacks answered`, value: attacks, unit: 'requests/s' },
  ]);
  return {
    figures: [
      { name: 'least throughput kept', value: Math.min(...all.map(({ part }) => part)), unit: '×' },
      { name: 'alone', value: perSecond(full), unit: 'requests/s' },
      { name: 'usual', value: perSecond(usual.done), unit: 'requests/s' },
      { name: 'usual, p99', value: usual.latencies.percentile(99), unit: 'ms' },
      ...figures,
    ],
    work: { count: usual.done, of: 'request' },
  };
}
