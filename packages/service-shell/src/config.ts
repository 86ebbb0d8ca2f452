import { Ajv } from 'ajv';
import { type Static, type TObject, Type } from 'typebox';

/** Settings that every service has, from the environment. */
export const commonConfig = {
  EVERYNODE_REPLICA: Type.String({ default: 'standalone' }),
  EVERYNODE_LOG_LEVEL: Type.String({ default: 'info' }),
  /** Where /livez, /readyz and /metrics listen; 0 picks a free port. */
  EVERYNODE_HEALTH_PORT: Type.Integer({ default: 0 }),
  EVERYNODE_HEALTH_HOST: Type.String({ default: '127.0.0.1' }),
  NATS_URL: Type.String(),
  /** Path of this process's creds file: a JWT and the seed of its key. */
  NATS_CREDS: Type.String(),
  /** Path of the certificate authority of the bus, as PEM. */
  NATS_CA: Type.String(),
} as const;

/** The schemas are the program's own and are not checked: the check is a seventh of a service's start. */
const ajv = new Ajv({
  allErrors: true,
  coerceTypes: true,
  useDefaults: true,
  removeAdditional: 'all',
  meta: false,
  validateSchema: false,
});

/** Reads and checks settings. @throws Error with the name of the variable that is missing or wrong. */
export function readConfig<S extends TObject>(schema: S, env: NodeJS.ProcessEnv = process.env): Static<S> {
  const settings = { ...env };
  const validate = ajv.compile<Static<S>>(schema);
  if (!validate(settings)) throw new Error(ajv.errorsText(validate.errors, { dataVar: 'env' }));
  return settings;
}
