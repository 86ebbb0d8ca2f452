export { type BackoffOptions, backoffMs, pause, retryUntilDone } from './backoff.js';
export { coalesced } from './coalesced.js';
export { commonConfig, readConfig } from './config.js';
export { createMetrics, healthText } from './health.js';
export { createLogger, type Logger } from './log.js';
export { Readiness } from './readiness.js';
export { runService, type ServiceContext, type ShellContext } from './run-service.js';
export { TokenBucket } from './token-bucket.js';
export { type HeaderCarrier, injectTrace, withTrace } from './trace.js';
