/**
 * The scheduler: the service that makes the cluster what its manifests ask for. Each replica runs the controllers for
 * the shards that it holds; all share the ingest of agents' reports, and one of them is the relay that brings every
 * commit to the bus. A process begins in main.ts, which reads the configuration, connects and calls {@link
 * startScheduler}.
 */
export { startScheduler } from './start-scheduler.js';
