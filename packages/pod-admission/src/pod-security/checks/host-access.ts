import type { LifecycleHandler, Probe, Volume } from '@everynode/objects';
import { type AnyContainer, type Check, containersOf, quoted, settersOf, sorted, theContainers } from '../check.js';

/** Source: check_hostNamespaces.go. */
export const hostNamespaces: Check = {
  level: 'baseline',
  forms: [
    {
      since: 0,
      violation: ({ spec }) => {
        const shared = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((field) => spec[field]);
        if (shared.length === 0) return undefined;
        return { reason: 'host namespaces', detail: shared.map((field) => `${field}=true`).join(', ') };
      },
    },
  ],
};

function theVolumes(volumes: readonly Volume[]): string {
  return `${volumes.length === 1 ? 'volume' : 'volumes'} ${quoted(volumes.map(({ name }) => name))}`;
}

/** Source: check_hostPathVolumes.go. */
export const hostPathVolumes: Check = {
  level: 'baseline',
  forms: [
    {
      since: 0,
      violation: ({ spec: { volumes = [] } }) => {
        const bad = volumes.filter(({ hostPath }) => hostPath !== undefined);
        return bad.length > 0 ? { reason: 'hostPath volumes', detail: theVolumes(bad) } : undefined;
      },
    },
  ],
};

/** Source: check_hostPorts.go. */
export const hostPorts: Check = {
  level: 'baseline',
  forms: [
    {
      since: 0,
      violation: ({ spec }) => {
        const taken = ({ ports = [] }: AnyContainer) => ports.flatMap(({ hostPort }) => (hostPort ? [hostPort] : []));
        const users = containersOf(spec).filter((container) => taken(container).length > 0);
        if (users.length === 0) return undefined;
        const ports = sorted(users.flatMap(taken).map(String));
        const uses = `${users.length === 1 ? 'uses' : 'use'} ${ports.length === 1 ? 'hostPort' : 'hostPorts'}`;
        return {
          reason: 'hostPort',
          detail: `${theContainers(users.map(({ name }) => name))} ${uses} ${ports.join(', ')}`,
        };
      },
    },
  ],
};

const hostsOf = (handlers: readonly (Probe | LifecycleHandler | undefined)[]): string[] =>
  handlers
    .flatMap((handler) => [handler?.httpGet?.host, handler?.tcpSocket?.host])
    .filter((host) => !!host) as string[];

function probedHosts({ livenessProbe, readinessProbe, startupProbe, lifecycle }: AnyContainer): string[] {
  return hostsOf([livenessProbe, readinessProbe, startupProbe, lifecycle?.postStart, lifecycle?.preStop]);
}

/** A probe of another host makes the kubelet a client of it. Source: check_hostProbesAndhostLifecycle.go. */
export const probeHosts: Check = {
  level: 'baseline',
  forms: [
    {
      since: 34,
      violation: ({ spec }) => {
        const users = sorted(
          containersOf(spec)
            .filter((container) => probedHosts(container).length > 0)
            .map(({ name }) => name),
        );
        if (users.length === 0) return undefined;
        const hosts = sorted(containersOf(spec).flatMap(probedHosts));
        const what = hosts.length === 1 ? 'probe or lifecycle host' : 'probe or lifecycle hosts';
        const uses = users.length === 1 ? 'uses' : 'use';
        return {
          reason: 'probe or lifecycle host',
          detail: `${theContainers(users)} ${uses} ${what} ${quoted(hosts)}`,
        };
      },
    },
  ],
};

/** Source: check_windowsHostProcess.go. */
export const windowsHostProcess: Check = {
  level: 'baseline',
  forms: [
    {
      since: 0,
      violation: ({ spec }) => {
        const setters = settersOf(spec, ({ windowsOptions }) => windowsOptions?.hostProcess === true);
        if (!setters) return undefined;
        return {
          reason: 'hostProcess',
          detail: `${setters} must not set securityContext.windowsOptions.hostProcess=true`,
        };
      },
    },
  ],
};

const CORE_VOLUMES: ReadonlySet<string> = new Set([
  'configMap',
  'csi',
  'downwardAPI',
  'emptyDir',
  'ephemeral',
  'persistentVolumeClaim',
  'projected',
  'secret',
]);

/** The type of a volume is the field beside its name. */
const typeOf = (volume: Volume): string => Object.keys(volume).find((field) => field !== 'name') ?? 'unknown';

/** Source: check_restrictedVolumes.go. */
export const restrictedVolumes: Check = {
  level: 'restricted',
  includes: hostPathVolumes,
  forms: [
    {
      since: 0,
      violation: ({ spec: { volumes = [] } }) => {
        const bad = volumes.filter((volume) => !CORE_VOLUMES.has(typeOf(volume)));
        if (bad.length === 0) return undefined;
        const types = sorted(bad.map(typeOf));
        const use = bad.length === 1 ? 'uses' : 'use';
        const what = types.length === 1 ? 'restricted volume type' : 'restricted volume types';
        return {
          reason: 'restricted volume types',
          detail: `${theVolumes(bad)} ${use} ${what} ${quoted(types)}`,
        };
      },
    },
  ],
};
