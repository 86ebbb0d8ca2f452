import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** The descriptions of a type and of its fields. */
interface TypeDescription {
  /** Empty when only fields are described. */
  description: string;
  fields: Readonly<Record<string, string>>;
}

/** By type name: `io.k8s.api.apps.v1.DaemonSet`. Types that are newer than the texts' packages are missing. */
export type Descriptions = Readonly<Record<string, TypeDescription>>;

let kept: Descriptions | undefined;

/**
 * The texts that the build has generated, read once and kept. Without a build there are none, and documents have no
 * descriptions.
 */
export function readDescriptions(): Descriptions {
  kept ??= read();
  return kept;
}

/** The description of a field; empty where the texts have none. */
export function fieldDescription(type: string, field: string): string {
  return readDescriptions()[type]?.fields[field] ?? '';
}

function read(): Descriptions {
  // By the package's name: this code may run from a bundle elsewhere.
  const home = dirname(createRequire(import.meta.url).resolve('@everynode/openapi/package.json'));
  const path = join(home, 'descriptions.json');
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as Descriptions) : {};
}
