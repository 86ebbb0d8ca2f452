import { type ClientScenario, usualDeadlineMs } from './scenario.js';

export const deleteAll: ClientScenario = {
  name: 'delete',
  about: 'DELETE of the DaemonSet, until no pod is left',
  needs: 'any API server',
  isDefault: true,
  repeats: true,
  hasFloor: true,
  deadlineMs: usualDeadlineMs,
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureReady(signal);
  },
  async run({ workload, nodes, signal }) {
    const one = await workload(1);
    one.pods.begin();
    await one.delete();
    await one.until('no pods', () => one.pods.count === 0, signal);
    const ms = one.pods.elapsedMs;
    return {
      figures: [
        { name: 'time', value: ms, unit: 'ms' },
        { name: 'throughput', value: (nodes.length * 1000) / ms, unit: 'pods/s' },
      ],
      work: { count: nodes.length, of: 'pod' },
      curve: one.pods.curve(),
      rate: one.pods.rate('gone'),
    };
  },
};
