import { existsSync, readFileSync } from 'node:fs';

/** What is said of a type and its fields, for people. */
interface TypeDescription {
  /** Empty where only fields are described. */
  description: string;
  fields: Readonly<Record<string, string>>;
}

/** By type name: `io.k8s.api.apps.v1.DaemonSet`. Types newer than the packages that the texts come from are missing. */
export type Descriptions = Readonly<Record<string, TypeDescription>>;

/** The texts that the build has generated; none where it has not (documents then have no descriptions). */
export function readDescriptions(): Descriptions {
  const path = new URL('../descriptions.json', import.meta.url);
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Descriptions) : {};
}
