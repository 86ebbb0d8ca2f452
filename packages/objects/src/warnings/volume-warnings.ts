import type { Volume, VolumeProjection } from '../kinds/api-types.js';
import { fractionWarnings } from './fraction-warnings.js';

/** Volume types that upstream has given up, in the order of its warnings. */
const GIVEN_UP: readonly [type: keyof Volume, field: string, message: string][] = [
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['gitRepo', 'gitRepo', 'deprecated in v1.11'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['flocker', 'flocker', 'deprecated in v1.22, non-functional in v1.25+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['quobyte', 'quobyte', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
];
const GIVEN_UP_LATER: typeof GIVEN_UP = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
];

/** Source: pkg/api/pod/warnings.go; for the claim pkg/api/persistentvolumeclaim/util.go. */
export function volumeWarnings(volumes: readonly Volume[], field: string): string[] {
  const warnings: string[] = [];
  for (const [at, volume] of volumes.entries()) {
    const path = `${field}[${at}]`;
    const warnOf = ([type, shown, message]: (typeof GIVEN_UP)[number]): void => {
      if (volume[type] !== undefined) warnings.push(`${path}.${shown}: ${message}`);
    };
    GIVEN_UP.forEach(warnOf);
    const claim = volume.ephemeral?.volumeClaimTemplate?.spec;
    const claimPath = `${path}.ephemeral.volumeClaimTemplate.spec.resources`;
    for (const list of ['requests', 'limits'] as const) {
      warnings.push(...fractionWarnings(claim?.resources?.[list], ['storage'], `${claimPath}.${list}`));
    }
    GIVEN_UP_LATER.forEach(warnOf);
  }
  const room = { left: MAX_PAIRS };
  return [...warnings, ...volumes.flatMap((volume) => overlapWarnings(volume, room))];
}

/** A file of a volume, and the source that it comes from where the volume has several. */
interface File {
  path: string;
  source: string;
}

const shown = ({ path, source }: File): string => JSON.stringify(path) + (source ? ` (${source})` : '');

function withoutEndingSlashes(path: string): string {
  let end = path.length;
  while (path[end - 1] === '/') end -= 1;
  return path.slice(0, end);
}

const filesOf = (items: readonly { path: string }[] | undefined, source = ''): File[] =>
  (items ?? []).map(({ path }) => ({ path: withoutEndingSlashes(path), source }));

/** How many pairs of files may still be told of. Headers have room for far fewer than files may have. */
interface Room {
  left: number;
}

const MAX_PAIRS = 1000;

/**
 * The files that have the path of an earlier one, lie under it, or lie over it: for each file that does, its text with
 * each of the earlier ones. A file is in the order of its path right after all that it may lie under.
 */
function overlaps(files: readonly File[], room: Room): Map<File, string[]> {
  const inOrder = files
    .map((file, at) => ({ file, at, key: `${file.path}/` }))
    .filter(({ file }) => file.path !== '')
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.at - b.at));
  const pairs: [later: number, earlier: number][] = [];
  const above: typeof inOrder = [];
  for (const one of inOrder) {
    while (above.length > 0 && !one.key.startsWith(above.at(-1)?.key ?? '')) above.pop();
    for (const { at } of above) {
      if (room.left === 0) break;
      room.left -= 1;
      pairs.push([Math.max(at, one.at), Math.min(at, one.at)]);
    }
    above.push(one);
  }
  const texts = new Map<File, string[]>();
  for (const [later, earlier] of pairs.sort((a, b) => a[0] - b[0] || a[1] - b[1])) {
    const [file, other] = [files[later], files[earlier]];
    if (file && other) texts.set(file, [...(texts.get(file) ?? []), `${shown(file)} with ${shown(other)}`]);
  }
  return texts;
}

/** One key hides another whose path is the same, above or below. Source: warningsForOverlappingVirtualPaths. */
function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume, room: Room): string[] {
  const volume = `volume ${JSON.stringify(name)}`;
  const told = (of: string, found: readonly string[]): string[] =>
    found.map((one) => `${volume} (${of}): overlapping paths: ${one}`);
  const within = (items: readonly { path: string }[] | undefined) =>
    [...overlaps(filesOf(items), room).values()].flat();
  const warnings = [
    ...told(`ConfigMap ${JSON.stringify(configMap?.name ?? '')}`, within(configMap?.items)),
    ...told(`Secret ${JSON.stringify(secret?.secretName ?? '')}`, within(secret?.items)),
    ...told('DownwardAPI', within(downwardAPI?.items)),
  ];
  const sources = (projected?.sources ?? []).map((source) => ({ source, files: projectedFiles(source) }));
  const found = overlaps(
    sources.flatMap(({ files }) => files),
    room,
  );
  for (const { source, files } of sources) {
    if (Object.keys(source).length === 0) warnings.push(`${volume} (Projected) has no sources provided`);
    for (const file of files) warnings.push(...told('Projected', found.get(file) ?? []));
  }
  return warnings;
}

function projectedFiles(source: VolumeProjection): File[] {
  const { configMap, secret, downwardAPI, serviceAccountToken, clusterTrustBundle } = source;
  if (configMap?.items) return filesOf(configMap.items, `ConfigMap ${JSON.stringify(configMap.name ?? '')}`);
  if (secret?.items) return filesOf(secret.items, `Secret ${JSON.stringify(secret.name ?? '')}`);
  if (downwardAPI?.items) return filesOf(downwardAPI.items, 'DownwardAPI');
  if (serviceAccountToken) return filesOf([serviceAccountToken], 'ServiceAccountToken');
  if (!clusterTrustBundle) return [];
  const bundle = clusterTrustBundle.name ?? clusterTrustBundle.signerName ?? '';
  return filesOf([clusterTrustBundle], `ClusterTrustBundle ${JSON.stringify(bundle)}`);
}
