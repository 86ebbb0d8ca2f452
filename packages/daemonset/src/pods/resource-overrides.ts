import {
  ApiError,
  type Container,
  canonicalJson,
  type DaemonSet,
  fnv1aOfBytes,
  isJsonObject,
  matchesRequirements,
  type Node,
  type PodSpec,
  parseLabelSelector,
  parseQuantity,
  QuantityError,
  type Requirement,
  type ResourceRequirements,
} from '@everynode/objects';
import { parse, YAMLParseError } from 'yaml';

/** Hash of the override that a pod was created with; a pod without an override does not have the annotation. */
export const OVERRIDE_ANNOTATION = 'everynode.io/resource-override';

/** Resources for the pods of some nodes, in place of the template's. The first override that selects a node applies. */
export interface ResourceOverride {
  selects: (node: Node) => boolean;
  /** The selector as its owner wrote it. */
  selector: string;
  /** By container; requests and limits that are not named are those of the template. */
  containers: Readonly<Record<string, Pick<ResourceRequirements, 'requests' | 'limits'>>>;
  /** Hash of `containers`, which the pods carry. */
  hash: string;
}

/** Each of `faults` is a sentence that begins with the place in the list. */
interface ReadOverrides {
  overrides: ResourceOverride[];
  faults: string[];
}

/**
 * Parses a list of `{nodeSelector: TEXT, containers: {NAME: {requests: {…}, limits: {…}}}}`, in YAML or JSON. One entry
 * that is not valid makes the whole list void: half of it would be worse than none.
 */
export function readResourceOverrides(text: string | undefined): ReadOverrides {
  if (!text) return { overrides: [], faults: [] };
  let list: unknown;
  try {
    list = parse(text);
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    return { overrides: [], faults: [`must be YAML or JSON: ${error.message.split('\n', 1)[0]}`] };
  }
  if (!Array.isArray(list)) return { overrides: [], faults: ['must be a list'] };
  const read = list.map((entry, at) => readOverride(entry, `[${at}]`));
  const faults = read.flatMap((each) => each.faults);
  return { overrides: faults.length > 0 ? [] : read.flatMap(({ override }) => override ?? []), faults };
}

function readOverride(entry: unknown, at: string): { override?: ResourceOverride; faults: string[] } {
  if (!isJsonObject(entry)) return { faults: [`${at}: must be a map with nodeSelector and containers`] };
  const { nodeSelector, containers, ...others } = entry;
  const faults = Object.keys(others).map((key) => `${at}.${key}: unknown field`);
  let selector: Requirement[] = [];
  if (typeof nodeSelector !== 'string' || nodeSelector === '')
    faults.push(`${at}.nodeSelector: must be a label selector`);
  else {
    try {
      selector = parseLabelSelector(nodeSelector);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      faults.push(`${at}.nodeSelector: ${error.message}`);
    }
  }
  if (!isJsonObject(containers))
    faults.push(`${at}.containers: must be a map from a container's name to its resources`);
  else
    for (const [name, resources] of Object.entries(containers))
      faults.push(...resourceFaults(resources, `${at}.containers.${name}`));
  if (faults.length > 0) return { faults };
  const chosen = quantitiesAsText(containers as ResourceOverride['containers']);
  return {
    faults,
    override: {
      selects: ({ metadata }) => matchesRequirements(selector, metadata?.labels ?? {}),
      selector: nodeSelector as string,
      containers: chosen,
      hash: fnv1aOfBytes(new TextEncoder().encode(canonicalJson(chosen))).toString(16),
    },
  };
}

function resourceFaults(resources: unknown, at: string): string[] {
  if (!isJsonObject(resources)) return [`${at}: must be a map with requests and limits`];
  return Object.entries(resources).flatMap(([kind, amounts]) => {
    if (kind !== 'requests' && kind !== 'limits') return [`${at}.${kind}: unknown field`];
    if (!isJsonObject(amounts)) return [`${at}.${kind}: must be a map from a resource to a quantity`];
    return Object.entries(amounts).flatMap(([resource, amount]) =>
      isQuantity(amount) ? [] : [`${at}.${kind}.${resource}: must be a quantity`],
    );
  });
}

function isQuantity(amount: unknown): boolean {
  try {
    parseQuantity(String(amount));
    return true;
  } catch (error) {
    if (error instanceof QuantityError) return false;
    throw error;
  }
}

/** A plain quantity is a number in YAML and text in a pod. */
function quantitiesAsText(containers: ResourceOverride['containers']): ResourceOverride['containers'] {
  return JSON.parse(
    JSON.stringify(containers, (_key, value: unknown) => (typeof value === 'number' ? String(value) : value)),
  ) as ResourceOverride['containers'];
}

/** The override that applies to a node; undefined where the template's own resources do. */
export function overrideFor(
  overrides: readonly ResourceOverride[],
  node: Node | undefined,
): ResourceOverride | undefined {
  return node && overrides.find(({ selects }) => selects(node));
}

/** The spec with the override's resources. */
export function withOverride(spec: PodSpec, override: ResourceOverride | undefined): PodSpec {
  if (!override) return spec;
  const change = (container: Container): Container => {
    const { requests, limits } = override.containers[container.name] ?? {};
    if (!requests && !limits) return container;
    const { resources } = container;
    return {
      ...container,
      resources: {
        ...resources,
        ...((requests || resources?.requests) && { requests: { ...resources?.requests, ...requests } }),
        ...((limits || resources?.limits) && { limits: { ...resources?.limits, ...limits } }),
      },
    };
  };
  return {
    ...spec,
    containers: spec.containers.map(change),
    ...(spec.initContainers && { initContainers: spec.initContainers.map(change) }),
  };
}

/** Marks the template's pods with the resources that they are created with. */
export function withOverrideMark(daemonSet: DaemonSet, override: ResourceOverride | undefined): DaemonSet {
  const { spec } = daemonSet;
  if (!override || !spec) return daemonSet;
  const { metadata } = spec.template;
  const annotations = { ...metadata?.annotations, [OVERRIDE_ANNOTATION]: override.hash };
  return { ...daemonSet, spec: { ...spec, template: { ...spec.template, metadata: { ...metadata, annotations } } } };
}
