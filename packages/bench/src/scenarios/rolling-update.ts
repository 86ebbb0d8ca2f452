import { type ClientScenario, usualDeadlineMs } from './scenario.js';

export const rollingUpdate: ClientScenario = {
  name: 'rolling-update',
  about:
    'PATCH of the image, 10% of the pods at a time, until the status says that every node is updated and available',
  needs: 'any API server',
  isDefault: true,
  repeats: true,
  hasFloor: true,
  deadlineMs: (nodes) => 2 * usualDeadlineMs(nodes),
  async prepare({ workload, signal }) {
    await (await workload(1)).ensureReady(signal);
  },
  async run({ workload, nodes, signal }) {
    const one = await workload(1);
    const { generation } = one.sets;
    one.pods.begin();
    await one.update();
    await one.untilRolledOut(generation, signal);
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
