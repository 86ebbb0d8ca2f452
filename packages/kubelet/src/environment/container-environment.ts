import type { Container, EphemeralContainer } from '@everynode/objects';
import type { AssignedPod } from '../pod/assigned-pod.js';
import { expand } from './expand.js';
import { type PodAddress, podField } from './pod-fields.js';
import { resourceField } from './resource-fields.js';

/** What a ConfigMap or a Secret contains: `data` as text, `binaryData` and the data of a Secret in base64. */
export interface ObjectContent {
  data?: Readonly<Record<string, string>>;
  binaryData?: Readonly<Record<string, string>>;
}

/** The ConfigMaps and Secrets of the namespace of a pod; undefined for one that does not exist. */
export type ObjectContents = (kind: 'ConfigMap' | 'Secret', name: string) => ObjectContent | undefined;

/** What the environment of a container depends on. */
export interface EnvironmentSources {
  pod: AssignedPod;
  address: PodAddress;
  allocatable: Readonly<Record<string, string>>;
  contents: ObjectContents;
}

/** The variables of a container in their order, or why it cannot be created, in a kubelet's words. */
export type Environment = { variables: ReadonlyMap<string, string>; fault?: undefined } | { fault: string };

type EnvVar = NonNullable<Container['env']>[number];

/** Any printable ASCII but `=`. Source: apimachinery/pkg/util/validation, IsRelaxedEnvVarName. */
const VARIABLE = /^[ -<>-~]+$/;

/** Ends the making of an environment. It does not leave this file. */
class EnvironmentFault extends Error {
  readonly retryable = true;
}

const textOfSecret = (value: string): string => Buffer.from(value, 'base64').toString('utf8');

/**
 * The environment of a container. Variables of `env` come after those of whole objects and replace them; `$(NAME)` in a
 * value stands for a variable of `env` that came before. Source: pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables.
 */
export function environmentOf(
  container: Pick<Container | EphemeralContainer, 'env' | 'envFrom' | 'resources'>,
  sources: EnvironmentSources,
): Environment {
  try {
    const variables = new Map<string, string>();
    for (const source of container.envFrom ?? []) addWhole(variables, source, sources);
    const own = new Map<string, string>();
    for (const variable of container.env ?? []) {
      const value = valueOfVariable(variable, container, own, sources);
      if (value === undefined) continue;
      own.set(variable.name, value);
      variables.set(variable.name, value);
    }
    return { variables };
  } catch (error) {
    if (error instanceof EnvironmentFault) return { fault: error.message };
    throw error;
  }
}

function addWhole(
  variables: Map<string, string>,
  { configMapRef, secretRef, prefix = '' }: NonNullable<Container['envFrom']>[number],
  sources: EnvironmentSources,
): void {
  const kind = configMapRef ? 'ConfigMap' : 'Secret';
  const { name = '', optional } = configMapRef ?? secretRef ?? {};
  const content = sources.contents(kind, name);
  if (!content) {
    if (optional) return;
    throw new EnvironmentFault(`${kind.toLowerCase()} ${JSON.stringify(name)} not found`);
  }
  for (const [key, value] of Object.entries(content.data ?? {}).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const variable = prefix + key;
    if (VARIABLE.test(variable)) variables.set(variable, kind === 'Secret' ? textOfSecret(value) : value);
  }
}

function valueOfVariable(
  { name, value, valueFrom }: EnvVar,
  container: Pick<Container, 'resources'>,
  own: ReadonlyMap<string, string>,
  sources: EnvironmentSources,
): string | undefined {
  if (!valueFrom) return expand(value ?? '', (known) => own.get(known));
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom;
  if (fieldRef) {
    const found = podField(sources.pod, fieldRef.fieldPath, sources.address);
    if (found === undefined) throw new EnvironmentFault(`unsupported fieldPath: ${fieldRef.fieldPath}`);
    return found;
  }
  if (resourceFieldRef) {
    const { containerName } = resourceFieldRef;
    const of = containerName ? containerNamed(sources.pod, containerName) : container;
    const found = of && resourceField(of, resourceFieldRef, sources.allocatable);
    if (found === undefined)
      throw new EnvironmentFault(`unsupported container resource : ${resourceFieldRef.resource}`);
    return found;
  }
  if (configMapKeyRef) return keyOf('ConfigMap', configMapKeyRef, sources);
  if (secretKeyRef) return keyOf('Secret', secretKeyRef, sources);
  throw new EnvironmentFault(`the source of variable ${name} is not known here`);
}

function keyOf(
  kind: 'ConfigMap' | 'Secret',
  { name = '', key, optional }: { name?: string; key: string; optional?: boolean | null },
  { pod, contents }: EnvironmentSources,
): string | undefined {
  const content = contents(kind, name);
  const value = content?.data?.[key];
  if (value !== undefined) return kind === 'Secret' ? textOfSecret(value) : value;
  if (optional) return undefined;
  if (!content) throw new EnvironmentFault(`${kind.toLowerCase()} ${JSON.stringify(name)} not found`);
  throw new EnvironmentFault(`couldn't find key ${key} in ${kind} ${pod.metadata.namespace}/${name}`);
}

export function containerNamed({ spec }: AssignedPod, name: string): Container | undefined {
  return [...(spec.initContainers ?? []), ...spec.containers].find((container) => container.name === name);
}

/** What a container is started with: its command and arguments, with its variables in place of `$(NAME)`. */
export function commandOf(
  { command, args }: Pick<Container, 'command' | 'args'>,
  variables: ReadonlyMap<string, string>,
): { command: string[]; args: string[] } {
  const expanded = (texts: string[] | undefined) =>
    (texts ?? []).map((text) => expand(text, (name) => variables.get(name)));
  return { command: expanded(command), args: expanded(args) };
}
