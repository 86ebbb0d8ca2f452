import { type ControllerName, chooseControllers } from '@everynode/contract/controllers';
import { commonConfig, readConfig } from '@everynode/service-shell';
import { type Static, Type } from 'typebox';

const schema = Type.Object({
  ...commonConfig,
  DATABASE_URL: Type.String(),
  /** The file of the keys that encrypt Secrets; they are stored in clear text when empty. */
  EVERYNODE_ENCRYPTION_KEYS: Type.String({ default: '' }),
  /** The file of agents that do not join by a request: their names, and the nodes that each may host. */
  EVERYNODE_ENROLMENTS: Type.String({ default: '' }),
  /** A file in which what agents' reports write is recorded at the audit level Metadata; none when empty. */
  EVERYNODE_AUDIT_LOG: Type.String({ default: '' }),
  /** A node without a heartbeat for this long is unreachable. Upstream: node-monitor-grace-period, 50 s. */
  EVERYNODE_NODE_MONITOR_GRACE_SECONDS: Type.Number({ default: 50, exclusiveMinimum: 0 }),
  /** Which controllers run here, as kube-controller-manager's --controllers: `*,-daemonset`. */
  EVERYNODE_CONTROLLERS: Type.String({ default: '*' }),
  /** Namespaces, users and runtime classes that the Pod Security Standards do not concern, with commas between them. */
  EVERYNODE_POD_SECURITY_EXEMPT_NAMESPACES: Type.String({ default: '' }),
  EVERYNODE_POD_SECURITY_EXEMPT_USERS: Type.String({ default: '' }),
  EVERYNODE_POD_SECURITY_EXEMPT_RUNTIME_CLASSES: Type.String({ default: '' }),
});

export type Config = Static<typeof schema>;

export function schedulerConfig(env?: NodeJS.ProcessEnv): Config {
  return readConfig(schema, env);
}

/**
 * Returns the controllers that run here.
 * @throws Error that names the variable and what is wrong with it.
 */
export function chosenControllers(config: Config): ReadonlySet<ControllerName> {
  try {
    return chooseControllers(config.EVERYNODE_CONTROLLERS);
  } catch (error) {
    throw new Error(`EVERYNODE_CONTROLLERS: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
