import { type Logger, pino } from 'pino';

export type { Logger };

/** Paths that may hold a secret in anything that is logged. */
const SECRETS = [
  'password',
  '*.password',
  'token',
  '*.token',
  'authorization',
  '*.authorization',
  'headers.authorization',
];

/** A JSON logger on stdout. `level`: pino's names, `silent` for none. */
export function createLogger(options: { service: string; replica: string; level: string }): Logger {
  return pino({
    level: options.level,
    base: { service: options.service, replica: options.replica },
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: SECRETS, censor: '[secret]' },
  });
}
