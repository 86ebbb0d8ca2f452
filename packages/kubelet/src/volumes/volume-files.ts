import type { Container, PodSpec } from '@everynode/objects';
import { containerNamed, type EnvironmentSources, type ObjectContent } from '../environment/container-environment.js';
import { podField } from '../environment/pod-fields.js';
import { resourceField } from '../environment/resource-fields.js';

type Volume = NonNullable<PodSpec['volumes']>[number];
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
type TokenProjection = NonNullable<Projection['serviceAccountToken']>;

/** A file of a volume: its bytes, its permission bits, and the user that owns it; root without one. */
export interface VolumeFile {
  bytes: Uint8Array;
  mode: number;
  owner?: number;
}

/** The files of a volume by their path in it, or why it cannot be set up, in a kubelet's words. */
export type VolumeFiles = { files: ReadonlyMap<string, VolumeFile>; fault?: undefined } | { fault: string };

export interface VolumeSources extends EnvironmentSources {
  /** The newest token for a projection, which was asked for before. */
  token: (projection: TokenProjection) => string | undefined;
}

const DEFAULT_MODE = 0o644;
const TOKEN_MODE = 0o600;

interface Item {
  key: string;
  path: string;
  mode?: number | null;
}

interface FileSource {
  name: string;
  items?: Item[] | null;
  optional?: boolean | null;
}

/** Ends the making of a volume. It does not leave this file. */
class VolumeFilesFault extends Error {
  readonly retryable = true;
}

/** Whether the content of a volume is made from the API: by {@link volumeFiles}. */
export const isMadeOfFiles = ({ configMap, secret, downwardAPI, projected }: Volume): boolean =>
  Boolean(configMap ?? secret ?? downwardAPI ?? projected);

/**
 * The files of a volume that is made from objects, fields and tokens. Source: pkg/volume/configmap, secret,
 * downwardapi, projected.
 */
export function volumeFiles(volume: Volume, sources: VolumeSources): VolumeFiles {
  const { configMap, secret, downwardAPI, projected } = volume;
  const files = new Map<string, VolumeFile>();
  try {
    if (configMap) {
      addObject(files, 'ConfigMap', { ...configMap, name: configMap.name ?? '' }, configMap.defaultMode, sources);
    } else if (secret) {
      addObject(files, 'Secret', { ...secret, name: secret.secretName ?? '' }, secret.defaultMode, sources);
    } else if (downwardAPI) {
      addFields(files, downwardAPI.items, downwardAPI.defaultMode, sources);
    } else {
      for (const source of projected?.sources ?? []) addProjection(files, source, projected?.defaultMode, sources);
    }
    return { files };
  } catch (error) {
    if (error instanceof VolumeFilesFault) return { fault: error.message };
    throw error;
  }
}

function addProjection(
  files: Map<string, VolumeFile>,
  { configMap, secret, downwardAPI, serviceAccountToken, ...others }: Projection,
  mode: number | null | undefined,
  sources: VolumeSources,
): void {
  if (configMap) addObject(files, 'ConfigMap', { ...configMap, name: configMap.name ?? '' }, mode, sources);
  else if (secret) addObject(files, 'Secret', { ...secret, name: secret.name ?? '' }, mode, sources);
  else if (downwardAPI) addFields(files, downwardAPI.items, mode, sources);
  else if (serviceAccountToken) {
    const token = sources.token(serviceAccountToken);
    if (token === undefined) throw new VolumeFilesFault('failed to fetch token: no token was issued yet');
    const { fsGroup } = sources.pod.spec.securityContext ?? {};
    const user = onlyUserOf(sources.pod.spec);
    files.set(serviceAccountToken.path, {
      bytes: bytesOf(token),
      mode: user === undefined && fsGroup === undefined ? (mode ?? DEFAULT_MODE) : TOKEN_MODE,
      ...(user !== undefined && fsGroup === undefined && { owner: user }),
    });
  } else throw new VolumeFilesFault(`projected volumes have no source ${Object.keys(others).join(', ')} here`);
}

/** The user that all containers run as; undefined where they do not say it, or differ. */
function onlyUserOf({ securityContext, initContainers = [], containers }: PodSpec): number | undefined {
  const users = [...initContainers, ...containers].map(
    (container) => container.securityContext?.runAsUser ?? securityContext?.runAsUser,
  );
  const [first] = users;
  return users.every((user) => user === first) ? (first ?? undefined) : undefined;
}

function addObject(
  files: Map<string, VolumeFile>,
  kind: 'ConfigMap' | 'Secret',
  { name, items, optional }: FileSource,
  mode: number | null | undefined,
  { contents, pod }: VolumeSources,
): void {
  const content = contents(kind, name);
  if (!content) {
    if (optional) return;
    throw new VolumeFilesFault(`${kind.toLowerCase()} ${JSON.stringify(name)} not found`);
  }
  const values = bytesByKey(kind, content);
  for (const { key, path, mode: own } of items ?? [...values.keys()].map((name): Item => ({ key: name, path: name }))) {
    const bytes = values.get(key);
    if (bytes) files.set(path, { bytes, mode: own ?? mode ?? DEFAULT_MODE });
    else if (!optional) {
      throw new VolumeFilesFault(
        kind === 'ConfigMap'
          ? `configmap references non-existent config key: ${key}`
          : `references non-existent secret key: ${key} in ${pod.metadata.namespace}/${name}`,
      );
    }
  }
}

function bytesByKey(kind: 'ConfigMap' | 'Secret', { data, binaryData }: ObjectContent): Map<string, Uint8Array> {
  const values = new Map<string, Uint8Array>();
  for (const [key, value] of Object.entries(data ?? {})) {
    values.set(key, kind === 'Secret' ? Buffer.from(value, 'base64') : bytesOf(value));
  }
  for (const [key, value] of Object.entries(binaryData ?? {})) values.set(key, Buffer.from(value, 'base64'));
  return values;
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text, 'utf8');

type DownwardItems = NonNullable<Volume['downwardAPI']>['items'];

function addFields(
  files: Map<string, VolumeFile>,
  items: DownwardItems,
  mode: number | null | undefined,
  sources: VolumeSources,
): void {
  for (const { path, fieldRef, resourceFieldRef, mode: own } of items ?? []) {
    let text: string | undefined;
    if (fieldRef) text = podField(sources.pod, fieldRef.fieldPath, sources.address);
    else if (resourceFieldRef) {
      const container = containerNamed(sources.pod, resourceFieldRef.containerName ?? '') as Container | undefined;
      text = container && resourceField(container, resourceFieldRef, sources.allocatable);
    }
    if (text === undefined) throw new VolumeFilesFault(`the field for ${path} cannot be shown in a file`);
    files.set(path, { bytes: bytesOf(text), mode: own ?? mode ?? DEFAULT_MODE });
  }
}
