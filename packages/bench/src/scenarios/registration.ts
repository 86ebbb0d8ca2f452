import { Observation } from '../observe/observation.js';
import { ObservedNodes } from '../observe/observed-nodes.js';
import { type OwnScenario, usualDeadlineMs } from './scenario.js';

export const registration: OwnScenario = {
  name: 'registration',
  about: 'an agent with all nodes comes to a cluster that has none, until every node is Ready',
  needs: 'own processes',
  isDefault: false,
  repeats: false,
  startsEmpty: true,
  deadlineMs: usualDeadlineMs,
  prepare: () => Promise.resolve(),
  async run({ client, nodes, cluster, signal }) {
    const observation = new Observation();
    const observed = new ObservedNodes(client, observation);
    try {
      const began = performance.now();
      const [, firstMs] = await Promise.all([
        cluster.addNodes(nodes.length),
        observation
          .until(
            () => 'the first node',
            () => observed.count > 0,
            signal,
          )
          .then(() => performance.now() - began),
      ]);
      const found = () => `the nodes (${observed.ready} of ${nodes.length} are Ready)`;
      await observation.until(found, () => observed.ready === nodes.length, signal);
      const ms = performance.now() - began;
      return {
        figures: [
          { name: 'time', value: ms, unit: 'ms' },
          { name: 'from the first node seen', value: ms - firstMs, unit: 'ms' },
        ],
        work: { count: nodes.length, of: 'node' },
      };
    } finally {
      observed.close();
    }
  },
};
