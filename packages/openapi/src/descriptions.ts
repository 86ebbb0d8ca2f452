import { existsSync, readFileSync } from 'node:fs';

/** The descriptions of a type and of its fields. */
interface TypeDescription {
  /** Empty when only fields are described. */
  description: string;
  fields: Readonly<Record<string, string>>;
}

/** By type name: `io.k8s.api.apps.v1.DaemonSet`. Types that are newer than the texts' packages are missing. */
export type Descriptions = Readonly<Record<string, TypeDescription>>;

/** The texts that the build has generated. Without a build there are none, and documents have no descriptions. */
export function readDescriptions(): Descriptions {
  const path = new URL('../descriptions.json', import.meta.url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Descriptions) : {};
}
