import { commonConfig, readConfig } from '@everynode/service-shell';
import { type Static, Type } from 'typebox';

const schema = Type.Object({
  ...commonConfig,
  DATABASE_URL: Type.String(),
  EVERYNODE_API_HOST: Type.String({ default: '127.0.0.1' }),
  /** 0: no port of its own; connections come from the supervisor. */
  EVERYNODE_API_PORT: Type.Integer({ default: 6443, minimum: 0, maximum: 65535 }),
  EVERYNODE_TLS_CERT: Type.String(),
  EVERYNODE_TLS_KEY: Type.String(),
  EVERYNODE_CLIENT_CA: Type.String(),
});

export type Config = Static<typeof schema>;

export function apiConfig(env?: NodeJS.ProcessEnv): Config {
  return readConfig(schema, env);
}
