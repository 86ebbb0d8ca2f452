import { existsSync, readFileSync } from 'node:fs';

/** What a model class of the client library says of a type and its fields. */
export interface TypeDescription {
  description: string;
  fields: Record<string, string>;
}

export type Descriptions = Readonly<Record<string, TypeDescription>>;

/** Model classes that are not called version and name. */
const EXCEPTIONS: Record<string, string> = {
  'io.k8s.api.core.v1.Event': 'CoreV1Event',
  'io.k8s.api.core.v1.EventList': 'CoreV1EventList',
  'io.k8s.api.core.v1.EventSeries': 'CoreV1EventSeries',
  'io.k8s.api.events.v1.Event': 'EventsV1Event',
  'io.k8s.api.events.v1.EventList': 'EventsV1EventList',
  'io.k8s.api.events.v1.EventSeries': 'EventsV1EventSeries',
};

/** The model class of a type: `io.k8s.api.apps.v1.DaemonSet` → `V1DaemonSet`. */
export function modelOf(typeName: string): string {
  const parts = typeName.split('.');
  const name = parts.at(-1) ?? '';
  const version = parts.at(-2) ?? '';
  return EXCEPTIONS[typeName] ?? `${version.charAt(0).toUpperCase()}${version.slice(1)}${name}`;
}

/** The texts that the build has generated; none where it has not (documents then have no descriptions). */
export function readDescriptions(): Descriptions {
  const path = new URL('../descriptions.json', import.meta.url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Descriptions) : {};
}
