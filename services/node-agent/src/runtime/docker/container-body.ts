import type { MountSpec } from '@everynode/container-shim';
import { type ContainerRun, commandOf, oomScoreAdjust, podText } from '@everynode/kubelet';
import type { Container, EphemeralContainer, PodSpec } from '@everynode/objects';
import type { ContainerLogs } from '../machine-settings.js';
import { nonRootFault, runAs } from '../run-as.js';
import { resourcesOf } from './container-resources.js';
import type { DockerRun } from './docker-run.js';
import type { ContainerBody, EngineImage, EngineMount } from './engine-objects.js';
import { containerLabels } from './labels.js';

type Spec = Container | EphemeralContainer;
type SecurityContext = NonNullable<Spec['securityContext']>;

interface Made {
  instance: number;
  /** The id of the sandbox of its pod. */
  sandbox: string;
  image: EngineImage;
  variables: ReadonlyMap<string, string>;
  mounts: readonly MountSpec[];
  log: ContainerLogs;
  leastOomScore: number;
}

/** Has the engine run the program of the image that stands for a check of its health: pods have probes. */
const NO_CHECK = { Test: ['NONE'] };

/**
 * What the engine is to create for a run of a container, or why it cannot be, in a kubelet's words. The container has
 * the network, and unless the pod says otherwise the IPC, of the sandbox. Source: pkg/kubelet/kuberuntime,
 * generateContainerConfig; for the form that Docker has for it, pkg/kubelet/dockershim of Kubernetes 1.23.
 */
export function containerBody(
  run: DockerRun,
  container: ContainerRun,
  { instance, sandbox, image, variables, mounts, log, leastOomScore }: Made,
): { body: ContainerBody; fault?: undefined } | { fault: string } {
  const { pod, node } = run;
  const { spec: own } = container;
  const who = userOf(own, pod.spec, image, podText(pod));
  if (who.fault !== undefined) return { fault: who.fault };
  const { command, args } = commandOf(own, variables);
  const { hostNetwork, hostIPC } = pod.spec;
  const process = processNamespace(run, own, sandbox);
  return {
    body: {
      Image: container.image,
      Labels: containerLabels(pod, container.name, instance),
      Env: [...variables].map(([name, value]) => `${name}=${value}`),
      ...(command.length > 0 && { Entrypoint: command }),
      ...(args.length > 0 && { Cmd: args }),
      ...(own.workingDir && { WorkingDir: own.workingDir }),
      ...(who.user !== undefined && { User: who.user }),
      Tty: own.tty === true,
      OpenStdin: own.stdin === true,
      StdinOnce: own.stdinOnce === true,
      Healthcheck: NO_CHECK,
      HostConfig: {
        NetworkMode: `container:${sandbox}`,
        IpcMode: hostIPC ? 'host' : `container:${sandbox}`,
        ...(process !== undefined && { PidMode: process }),
        ...(hostNetwork && { UTSMode: 'host' }),
        RestartPolicy: { Name: 'no' },
        LogConfig: logConfig(log),
        Mounts: mounts.map(engineMount),
        OomScoreAdj: Math.max(leastOomScore, oomScoreAdjust(pod.spec, container.resources, node.allocatable)),
        GroupAdd: runAs(own, pod.spec).groups.map(String),
        ...resourcesOf(container.resources),
        ...securityOf(own.securityContext ?? {}, pod.spec.securityContext ?? {}),
      },
    },
  };
}

/** The format that collectors of logs know, and that the engine can be asked for. */
export const logConfig = ({ maxBytes, files }: ContainerLogs) => ({
  Type: 'json-file',
  Config: { 'max-size': String(maxBytes), 'max-file': String(files) },
});

const PROPAGATION = { private: 'rprivate', slave: 'rslave', shared: 'rshared' } as const;

const engineMount = ({ root, target, readOnly, propagation }: MountSpec): EngineMount => ({
  Type: 'bind',
  Source: root,
  Target: target,
  ReadOnly: readOnly,
  BindOptions: { Propagation: PROPAGATION[propagation] },
});

/** The processes that a container sees; undefined for its own alone. */
function processNamespace({ pod: { spec }, live }: DockerRun, own: Spec, sandbox: string): string | undefined {
  const target =
    'targetContainerName' in own && own.targetContainerName ? live.get(own.targetContainerName) : undefined;
  if (spec.hostPID) return 'host';
  if (spec.shareProcessNamespace) return `container:${sandbox}`;
  return target && `container:${target.id}`;
}

/** The user of a container, as the engine writes it; undefined for that of its image. */
function userOf(
  container: Pick<Spec, 'name' | 'securityContext'>,
  spec: Pick<PodSpec, 'securityContext'>,
  image: EngineImage,
  podName: string,
): { user: string | undefined; fault?: undefined } | { fault: string } {
  const { uid, gid } = runAs(container, spec);
  const imageUser = (image.Config?.User ?? '').split(':')[0] || '0';
  const fault = nonRootFault(container, spec, imageUser, podName);
  if (fault !== undefined) return { fault };
  if (gid !== undefined) return { user: `${uid ?? imageUser}:${gid}` };
  return { user: uid === undefined ? undefined : String(uid) };
}

type Profile = { type?: string; localhostProfile?: string | null } | null | undefined;

/** A container of which nothing is said has no filter of system calls, as a kubelet has it (`seccompDefault`). */
const seccompOf = (profile: Profile): string[] => (profile?.type === 'RuntimeDefault' ? [] : ['seccomp=unconfined']);

function appArmorOf(profile: Profile): string[] {
  if (profile?.type === 'Unconfined') return ['apparmor=unconfined'];
  return profile?.type === 'Localhost' ? [`apparmor=${profile.localhostProfile ?? ''}`] : [];
}

const seLinuxOf = (options: object | null | undefined): string[] =>
  Object.entries(options ?? {}).map(([part, value]) => `label=${part}:${value}`);

function securityOf(
  own: SecurityContext,
  shared: NonNullable<PodSpec['securityContext']>,
): Partial<ContainerBody['HostConfig']> {
  const { capabilities, privileged, readOnlyRootFilesystem, allowPrivilegeEscalation, procMount } = own;
  return {
    ...(privileged && { Privileged: true }),
    ...(readOnlyRootFilesystem && { ReadonlyRootfs: true }),
    ...(capabilities?.add && { CapAdd: capabilities.add }),
    ...(capabilities?.drop && { CapDrop: capabilities.drop }),
    SecurityOpt: [
      ...(privileged ? [] : seccompOf(own.seccompProfile ?? shared.seccompProfile)),
      ...appArmorOf(own.appArmorProfile ?? shared.appArmorProfile),
      ...seLinuxOf(own.seLinuxOptions ?? shared.seLinuxOptions),
      ...(allowPrivilegeEscalation === false ? ['no-new-privileges'] : []),
    ],
    ...(procMount === 'Unmasked' && { MaskedPaths: [], ReadonlyPaths: [] }),
  };
}
