/**
 * The node agent: a process that hosts nodes, one or thousands, and runs their pods. It reads and writes nothing but
 * the bus. `main.ts` reads the configuration, connects to the bus and calls {@link startNodeAgent}.
 */
export { startNodeAgent } from './start-node-agent.js';
