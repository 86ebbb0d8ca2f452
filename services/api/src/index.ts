/**
 * The api: the service that serves the Kubernetes REST API over TLS. It holds no state of its own: reads come from
 * caches that follow the bus, writes are decisions inside the store's transactions. `main.ts` reads the configuration,
 * connects to Postgres and the bus and calls {@link startApi}.
 */
export { startApi } from './start-api.js';
