import type { ClientScenario } from './scenario.js';

/** Many DaemonSets are applied at once; measured is the time until a client sees all their pods Ready. */
function atOnce(name: string, count: number, size: Pick<ClientScenario, 'fixedNodes' | 'mostNodes'>): ClientScenario {
  const where =
    size.fixedNodes === undefined ? `on all nodes (${size.mostNodes} at most)` : `on ${size.fixedNodes} nodes`;
  return {
    name,
    about: `${count} DaemonSets ${where}, applied at once, until all pods are Ready; then deleted, until none is left`,
    needs: 'any API server',
    isDefault: false,
    repeats: false,
    ...size,
    deadlineMs: (nodes) => 120_000 + 4 * count * nodes,
    async prepare({ workload, signal }) {
      await (await workload(count)).ensureAbsent(signal);
    },
    async run({ workload, signal }) {
      const many = await workload(count);
      many.pods.begin();
      await many.apply();
      const appliedMs = many.pods.elapsedMs;
      await many.untilReady(signal);
      const readyMs = many.pods.elapsedMs;
      const [curve, rate] = [many.pods.curve(), many.pods.rate('ready')];
      const began = performance.now();
      await many.delete();
      await many.until('no pods', () => many.pods.count === 0, signal);
      return {
        figures: [
          { name: 'time', value: readyMs, unit: 'ms' },
          { name: 'throughput', value: (many.wanted * 1000) / readyMs, unit: 'pods/s' },
          { name: 'applied', value: appliedMs, unit: 'ms' },
          { name: 'deleted', value: performance.now() - began, unit: 'ms' },
        ],
        work: { count: many.wanted, of: 'pod' },
        curve,
        rate,
      };
    },
  };
}

export const hundredDaemonSets = atOnce('100-daemonsets', 100, { mostNodes: 1000 });
export const fiftyDaemonSets = atOnce('50-daemonsets', 50, { fixedNodes: 200 });
