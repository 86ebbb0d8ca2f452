import { createLogger, type Logger } from '@everynode/service-shell';

/** A logger for tests. It writes nothing, unless `TEST_LOG_LEVEL` names a level of pino. */
export function testLog(): Logger {
  return createLogger({ service: 'test', replica: 'test', level: process.env.TEST_LOG_LEVEL ?? 'silent' });
}
