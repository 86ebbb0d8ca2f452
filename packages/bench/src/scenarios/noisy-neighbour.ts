import { setTimeout as delay } from 'node:timers/promises';
import { AttackerProcess } from '../attack/attacker-process.js';
import { type AttackerName, FLOODING_AGENT, prepareAttacks } from '../attack/attacks.js';
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

/** What the usual client gets done by itself. */
interface Alone {
  /** Requests at full speed. */
  full: number;
  /** At the rate that is its part of that. */
  usual: Load;
}

const perSecond = (count: number): number => (count * 1000) / MEASURED_MS;
const rateBeside = (full: number): number => PART_OF_ALL * perSecond(full);

async function alone(client: KubeClient, signal: AbortSignal): Promise<Alone> {
  const full = (await usualLoad(client, signal)).done;
  return { full, usual: await usualLoad(client, signal, rateBeside(full)) };
}

interface Kept {
  attacker: AttackerName;
  /** Of what a usual client gets done by itself, at a part of the full speed and at full speed. */
  part: number;
  full: number;
  /** As `part`, of what it gets done beside a process that uses as much CPU as the attacker and sends nothing. */
  ofBusy: number;
  p50Ms: number;
  p99Ms: number;
  attacks: number;
  /** CPU of the attacker's own process, in cores. */
  cores: number;
}

/** Runs what is measured beside a process, and ends that. */
async function during<T>(start: Promise<AttackerProcess>, run: (process: AttackerProcess) => Promise<T>): Promise<T> {
  const process = await start;
  try {
    return await run(process);
  } finally {
    await process.stop();
  }
}

/** Measures both loads of the usual client beside one attacker. */
async function beside({ client, signal, cluster }: Bench, attacker: AttackerName): Promise<Kept> {
  // It is compared with what was possible just before it: the speed of a shared machine changes within minutes.
  const { full: fullAlone, usual } = await alone(client, signal);
  const rate = rateBeside(fullAlone);
  const start = (): Promise<AttackerProcess> => {
    if (attacker !== FLOODING_AGENT) return AttackerProcess.start(client.kubeconfig, attacker, signal);
    if (cluster) return AttackerProcess.startAgent(cluster, signal);
    throw new Error('an agent needs a cluster of our own');
  };
  const attacked = await during(start(), async (process) => {
    const before = await process.count();
    const { done, latencies } = await usualLoad(client, signal, rate);
    const after = await process.count();
    const full = (await usualLoad(client, signal)).done;
    const cores = (after.cpuMs - before.cpuMs) / MEASURED_MS;
    return { done, latencies, full, cores, answered: after.answered - before.answered };
  });
  const busy = await during(AttackerProcess.startBusy(attacked.cores, signal), () => usualLoad(client, signal, rate));
  return {
    attacker,
    part: attacked.done / usual.done,
    full: attacked.full / fullAlone,
    ofBusy: attacked.done / busy.done,
    p50Ms: attacked.latencies.percentile(50),
    p99Ms: attacked.latencies.percentile(99),
    attacks: perSecond(attacked.answered),
    cores: attacked.cores,
  };
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
    const { client, signal, cluster, attackers } = bench;
    const first = await alone(client, signal);
    const all: Kept[] = [];
    for (const attacker of attackers) {
      if (attacker === FLOODING_AGENT && !cluster) continue;
      const kept = await beside(bench, attacker);
      all.push(kept);
      const { part, full, ofBusy, p50Ms, p99Ms, attacks, cores } = kept;
      bench.say(
        `${attacker}: keeps ${part.toFixed(2)} (${ofBusy.toFixed(2)} of beside an equal use of CPU), ` +
          `at full speed ${full.toFixed(2)}; p50 ${p50Ms.toFixed(0)} ms, p99 ${p99Ms.toFixed(0)} ms; ` +
          `${attacks.toFixed(0)} attacks/s with ${cores.toFixed(2)} cores of their own`,
      );
    }
    return outcomeOf(all, first);
  },
};

function outcomeOf(all: readonly Kept[], { full, usual }: Alone): Outcome {
  const figures: Figure[] = all.flatMap(({ attacker, ...kept }): Figure[] => [
    { name: `${attacker}: kept`, value: kept.part, unit: '×' },
    { name: `${attacker}: kept at full speed`, value: kept.full, unit: '×' },
    { name: `${attacker}: kept of beside an equal use of CPU`, value: kept.ofBusy, unit: '×' },
    { name: `${attacker}: p50`, value: kept.p50Ms, unit: 'ms' },
    { name: `${attacker}: p99`, value: kept.p99Ms, unit: 'ms' },
    { name: `${attacker}: attacks answered`, value: kept.attacks, unit: 'requests/s' },
    { name: `${attacker}: CPU of its process`, value: 100 * kept.cores, unit: '% of a core' },
  ]);
  return {
    figures: [
      { name: 'least throughput kept', value: Math.min(...all.map(({ part }) => part)), unit: '×' },
      { name: 'alone', value: perSecond(full), unit: 'requests/s' },
      { name: 'usual', value: perSecond(usual.done), unit: 'requests/s' },
      { name: 'usual, p50', value: usual.latencies.percentile(50), unit: 'ms' },
      { name: 'usual, p99', value: usual.latencies.percentile(99), unit: 'ms' },
      ...figures,
    ],
    work: { count: usual.done, of: 'request' },
  };
}
