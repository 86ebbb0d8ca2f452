import { type ClientScenario, usualDeadlineMs } from './scenario.js';

export const applyReady: ClientScenario = {
  name: 'apply-ready',
  about: 'POST of a DaemonSet, until the pod of every node is Ready',
  needs: 'any API server',
  isDefault: true,
  repeats: true,
  hasFloor: true,
  deadlineMs: usualDeadlineMs,
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureAbsent(signal);
  },
  async run({ workload, nodes, signal }) {
    const one = await workload(1);
    one.pods.begin();
    await one.apply();
    await one.untilReady(signal);
    const ms = one.pods.elapsedMs;
    return {
      figures: [
        { name: 'time', value: ms, unit: 'ms' },
        { name: 'throughput', value: (nodes.length * 1000) / ms, unit: 'pods/s' },
      ],
      work: { count: nodes.length, of: 'pod' },
      curve: one.pods.curve(),
      rate: one.pods.rate('ready'),
    };
  },
};
