import { type KubeClient, MERGE_PATCH } from '../client/kube-client.js';
import { NAMESPACE } from '../run/workload.js';
import { type ClientScenario, usualDeadlineMs } from './scenario.js';

const LANES = 8;
const MEASURED_MS = 10_000;
/** Requests of each kind of attack that are under way. */
const ATTACKS_AT_ONCE = 4;
const NOISY = { as: 'bench-noisy', accepts: [400, 413, 422, 429] };

const PATH = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const nameOf = (lane: number): string => `bench-neighbour-${lane}`;

const keys = (count: number, line: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => line(at)).join('');

/** The attacks: each sends one request, and returns when it is answered. */
function attacksOf(client: KubeClient): (() => Promise<unknown>)[] {
  const yaml = { ...NOISY, contentType: 'application/yaml' };
  const brackets = '['.repeat(2_900_000);
  const map = `metadata: {name: x}\ndata:\n${keys(180_000, (at) => `  k${at}: v\n`)}`;
  const containers = `{"metadata":{"name":"x"},"spec":{"containers":[${keys(999_999, () => '{},')}{}]}}`;
  return [
    () => client.timed('POST', PATH, brackets, yaml),
    () => client.timed('POST', PATH, map, yaml),
    () => client.timed('POST', `/api/v1/namespaces/${NAMESPACE}/pods`, containers, NOISY),
    () => client.timed('GET', '/api/v1/nodes', undefined, NOISY),
  ];
}

/** Repeats the work, this many at once, until the time is over. Returns how often it was done. */
async function repeat(lanes: number, until: () => boolean, work: (lane: number, turn: number) => Promise<unknown>) {
  let done = 0;
  await Promise.all(
    Array.from({ length: lanes }, async (_, lane) => {
      for (let turn = 0; !until(); turn += 1) {
        await work(lane, turn);
        done += 1;
      }
    }),
  );
  return done;
}

/** Requests of the usual client in ten seconds: three reads for a write. */
async function usualLoad(client: KubeClient): Promise<number> {
  const end = performance.now() + MEASURED_MS;
  return await repeat(
    LANES,
    () => performance.now() >= end,
    (lane, turn) => {
      const path = `${PATH}/${nameOf(lane)}`;
      if (turn % 4 > 0) return client.timed('GET', path);
      return client.timed('PATCH', path, { data: { turn: String(turn) } }, { contentType: MERGE_PATCH });
    },
  );
}

export const noisyNeighbour: ClientScenario = {
  name: 'noisy-neighbour',
  about: 'what another user sends at full speed (bodies that cost much, lists) costs a usual client of its throughput',
  needs: 'any API server',
  isDefault: false,
  repeats: true,
  deadlineMs: usualDeadlineMs,
  async prepare({ client }) {
    for (let lane = 0; lane < LANES; lane += 1) {
      const path = `${PATH}/${nameOf(lane)}`;
      await client.timed('DELETE', path, undefined, { accepts: [404] });
      await client.timed('POST', PATH, { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: nameOf(lane) } });
    }
    await usualLoad(client);
  },
  async run({ client, signal }) {
    const alone = await usualLoad(client);
    let isOver = false;
    const attacks = attacksOf(client).map((attack) => repeat(ATTACKS_AT_ONCE, () => isOver || signal.aborted, attack));
    const beside = await usualLoad(client);
    isOver = true;
    const attacked = (await Promise.all(attacks)).reduce((sum, one) => sum + one, 0);
    const perSecond = (count: number): number => (count * 1000) / MEASURED_MS;
    return {
      figures: [
        { name: 'throughput kept', value: beside / alone, unit: '×' },
        { name: 'alone', value: perSecond(alone), unit: 'requests/s' },
        { name: 'beside', value: perSecond(beside), unit: 'requests/s' },
        { name: 'attacks answered', value: perSecond(attacked), unit: 'requests/s' },
      ],
      work: { count: beside, of: 'request' },
    };
  },
};
