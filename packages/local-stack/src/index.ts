export { type NatsOptions, type RunningNats, startNats } from './nats.js';
export { agentFence, type NatsUser } from './nats-config.js';
export { dropPostgresData, type PostgresOptions, type RunningPostgres, startPostgres } from './postgres.js';
