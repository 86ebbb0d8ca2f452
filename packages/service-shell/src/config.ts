import { envSchema } from 'env-schema';
import { type Static, type TObject, Type } from 'typebox';

/** Settings that every service has, from the environment. */
export const commonConfig = {
  EVERYNODE_REPLICA: Type.String({ default: 'standalone' }),
  EVERYNODE_LOG_LEVEL: Type.String({ default: 'info' }),
  /** Where /livez, /readyz and /metrics listen; 0 picks a free port. */
  EVERYNODE_HEALTH_PORT: Type.Integer({ default: 0 }),
  EVERYNODE_HEALTH_HOST: Type.String({ default: '127.0.0.1' }),
  NATS_URL: Type.String(),
  NATS_USER: Type.Optional(Type.String()),
  NATS_PASSWORD: Type.Optional(Type.String()),
} as const;

/** Reads and checks settings. @throws Error with the name of the variable that is missing or wrong. */
export function readConfig<S extends TObject>(schema: S, env: NodeJS.ProcessEnv = process.env): Static<S> {
  return envSchema<Static<S> & Record<string, unknown>>({ schema, data: env, dotenv: false }) as Static<S>;
}
