import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { DaemonSet } from '@everynode/objects';
import { parse, stringify } from 'yaml';

const path = fileURLToPath(new URL('../../examples/fluentd-elasticsearch.yaml', import.meta.url));

/** The manifest of the README, changed as a user would change the file, as YAML for `kubectl apply -f -`. */
export async function fluentd(
  change: (manifest: DaemonSet & { spec: NonNullable<DaemonSet['spec']> }) => void = () => undefined,
): Promise<string> {
  const manifest = parse(await readFile(path, 'utf8')) as DaemonSet & { spec: NonNullable<DaemonSet['spec']> };
  change(manifest);
  return stringify(manifest);
}

/** The template's pod spec, which a DaemonSet always has. */
export function podSpec(manifest: DaemonSet): NonNullable<NonNullable<DaemonSet['spec']>['template']['spec']> {
  const spec = manifest.spec?.template.spec;
  if (!spec) throw new Error('the manifest has no pod spec');
  return spec;
}
