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

interface Kept {
  attack: AttackName;
  /** Of what a usual client gets done by itself, at a part of the full speed and at full speed. */
  part: number;
  full: number;
  p99Ms: number;
  attacks: number;
}

/** Measures both loads of the usual client beside one attack. */
async function beside(
  { client, signal }: Bench,
  attack: AttackName,
  alone: { full: number; part: number },
): Promise<Kept> {
  const attacker = await AttackerProcess.start(client.kubeconfig, attack, signal);
  try {
    const before = await attacker.count();
    const perSecond = (PART_OF_ALL * alone.full * 1000) / MEASURED_MS;
    const { done, latencies } = await usualLoad(client, signal, perSecond);
    const after = await attacker.count();
    const full = await usualLoad(client, signal);
    return {
      attack,
      part: done / alone.part,
      full: full.done / alone.full,
      p99Ms: latencies.percentile(99),
      attacks: ((after.answered - before.answered) * 1000) / MEASURED_MS,
    };
  } finally {
    await attacker.stop();
  }
}

export const noisyNeighbour: ClientScenario = {
  name: 'noisy-neighbour',
  about: 'what another user that sends all it can, in nine ways, costs a usual client of its throughput',
  needs: 'any API server',
  isDefault: false,
  repeats: true,
  deadlineMs: (nodes) => 240_000 + usualDeadlineMs(nodes),
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
    const { client, signal } = bench;
    const full = (await usualLoad(client, signal)).done;
    const perSecond = (PART_OF_ALL * full * 1000) / MEASURED_MS;
    const usual = await usualLoad(client, signal, perSecond);
    const all: Kept[] = [];
    for (const attack of ATTACK_NAMES) {
      all.push(await beside(bench, attack, { full, part: usual.done }));
      const { part, full: whole, p99Ms, attacks } = all.at(-1) as Kept;
      bench.say(
        `${attack}: keeps ${part.toFixed(2)}, at full speed ${whole.toFixed(2)}; ` +
          `p99 ${p99Ms.toFixed(0)} ms; ${attacks.toFixed(0)} attacks/s`,
      );
    }
    return outcomeOf(all, full, usual);
  },
};

function outcomeOf(all: readonly Kept[], full: number, usual: Load): Outcome {
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
