import type { PodTemplateSpec } from '../kinds/api-types.js';
import type { KubeObject } from '../kube-object.js';
import { lookupType } from '../schema/index.js';
import { semanticallyEqual } from '../semantic-equal.js';
import { podTemplateWarnings } from './pod-warnings.js';

const POD_TEMPLATE = 'io.k8s.api.core.v1.PodTemplateSpec';
/** A CronJob has its template below the template of its jobs: spec.jobTemplate.spec.template. */
const MAX_DEPTH = 4;

type Path = readonly string[];

/** The path of the pod template in objects of a type, by the facts of the schema; undefined for a type without one. */
function templatePathOf(type: string, path: Path = []): Path | undefined {
  if (type === POD_TEMPLATE) return path;
  if (path.length >= MAX_DEPTH) return undefined;
  const fields = lookupType(type)?.fields ?? {};
  for (const name of ['template', 'jobTemplate', 'spec']) {
    const ref = Object.hasOwn(fields, name) ? fields[name]?.ref : undefined;
    const found = ref === undefined ? undefined : templatePathOf(ref, [...path, name]);
    if (found) return found;
  }
  return undefined;
}

const at = (object: unknown, path: Path): unknown =>
  path.reduce<unknown>((value, name) => (value as Record<string, unknown> | undefined)?.[name], object);

/** Returns the function that reads the pod template of objects of a type; undefined for a type without one. */
export function podTemplateReader(type: string): ((object: KubeObject) => PodTemplateSpec | undefined) | undefined {
  const path = templatePathOf(type);
  return path && ((object) => at(object, path) as PodTemplateSpec | undefined);
}

/**
 * Returns the function that warns of the pod templates of a kind; undefined for a kind without one. An update is only
 * warned of when it changes the template.
 */
export function templateWarningsOf(
  type: string,
): ((object: KubeObject, before: KubeObject | undefined) => string[]) | undefined {
  const path = templatePathOf(type);
  if (!path) return undefined;
  return (object, before) => {
    const template = at(object, path) as PodTemplateSpec | undefined;
    if (!template || (before && semanticallyEqual(template, at(before, path)))) return [];
    return podTemplateWarnings(template, path.join('.'));
  };
}
