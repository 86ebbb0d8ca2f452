import type { AssignedPod } from '@everynode/kubelet';
import type { PodSpec } from '@everynode/objects';
import { logConfig } from './container-body.js';
import type { ContainerBody, PortBinding } from './engine-objects.js';
import { sandboxLabels } from './labels.js';
import { resolvingOf } from './resolv-conf.js';

const MAX_HOSTNAME = 63;
/** It is the last that the kernel kills. Source: pkg/kubelet/qos/policy.go, PodInfraOOMAdj. */
const OOM_SCORE = -998;
/** It needs the rights of no account. */
const NO_ACCOUNT = '65535:65535';
/** It writes nothing. */
const LOG = { maxBytes: 4096, files: 2 };

interface Made {
  image: string;
  leastOomScore: number;
  /** Reads how the machine resolves names: its resolv.conf. */
  machineResolvConf: () => string;
}

/**
 * The container that holds what the containers of a pod share: network, name, hosts and IPC. Source:
 * pkg/kubelet/kuberuntime/kuberuntime_sandbox.go, generatePodSandboxConfig.
 */
export function sandboxBody(pod: AssignedPod, { image, leastOomScore, machineResolvConf }: Made): ContainerBody {
  const { spec } = pod;
  const { hostNetwork, hostIPC, hostAliases, securityContext } = spec;
  const ports = hostNetwork ? {} : portsOf(spec);
  return {
    Image: image,
    Labels: sandboxLabels(pod),
    User: NO_ACCOUNT,
    ...(!hostNetwork && { Hostname: hostnameOf(pod) }),
    ExposedPorts: Object.fromEntries(Object.keys(ports).map((port) => [port, {}])),
    HostConfig: {
      NetworkMode: hostNetwork ? 'host' : 'bridge',
      IpcMode: hostIPC ? 'host' : 'shareable',
      ...(spec.hostPID && { PidMode: 'host' }),
      RestartPolicy: { Name: 'no' },
      LogConfig: logConfig(LOG),
      PortBindings: ports,
      ExtraHosts: (hostAliases ?? []).flatMap(({ ip, hostnames }) =>
        (hostnames ?? []).map((hostname) => `${hostname}:${ip}`),
      ),
      ...resolvingOf(spec, machineResolvConf),
      ...(securityContext?.sysctls && {
        Sysctls: Object.fromEntries(securityContext.sysctls.map(({ name, value }) => [name, value])),
      }),
      OomScoreAdj: Math.max(OOM_SCORE, leastOomScore),
      CpuShares: 2,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
    },
  };
}

/** The name of a pod is cut where it is too long for one of a host. Source: pkg/kubelet/util/util.go. */
function hostnameOf({ metadata, spec }: AssignedPod): string {
  const name = spec.hostnameOverride || spec.hostname || metadata.name;
  return name.slice(0, MAX_HOSTNAME).replace(/[-.]+$/, '');
}

/** Ports of the machine that lead to ports of the pod. */
function portsOf({ containers, initContainers }: PodSpec): Record<string, PortBinding[]> {
  const bindings: Record<string, PortBinding[]> = {};
  const sidecars = (initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  for (const { ports } of [...sidecars, ...containers]) {
    for (const { containerPort, hostPort, hostIP, protocol } of ports ?? []) {
      if (!hostPort) continue;
      const port = `${containerPort}/${(protocol ?? 'TCP').toLowerCase()}`;
      bindings[port] = [...(bindings[port] ?? []), { HostIp: hostIP ?? '', HostPort: String(hostPort) }];
    }
  }
  return bindings;
}
