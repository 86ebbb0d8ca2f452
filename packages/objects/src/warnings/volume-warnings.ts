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
  return [...warnings, ...volumes.flatMap(overlapWarnings)];
}

/** A file of a volume, and the source that it comes from where the volume has several. */
interface File {
  path: string;
  source: string;
}

const shown = ({ path, source }: File): string => JSON.stringify(path) + (source ? ` (${source})` : '');
const filesOf = (items: readonly { path: string }[] | undefined, source = ''): File[] =>
  (items ?? []).map(({ path }) => ({ path, source }));

const isWithin = (inner: string, outer: string): boolean => `${inner}/`.startsWith(`${outer}/`);

/** The files that a file has the path of, lies under, or lies over. */
const overlapping = (earlier: readonly File[], { path }: File): File[] =>
  path === ''
    ? []
    : earlier.filter((other) => other.path && (isWithin(other.path, path) || isWithin(path, other.path)));

function overlaps(files: readonly File[], earlier: File[] = []): string[] {
  return files.flatMap((each) => {
    const file = { ...each, path: each.path.replace(/\/+$/, '') };
    const found = overlapping(earlier, file).map((other) => `${shown(file)} with ${shown(other)}`);
    earlier.push(file);
    return found;
  });
}

/** One key hides another whose path is the same, above or below. Source: warningsForOverlappingVirtualPaths. */
function overlapWarnings({ name, configMap, secret, downwardAPI, projected }: Volume): string[] {
  const volume = `volume ${JSON.stringify(name)}`;
  const told = (of: string, found: string[]): string[] =>
    found.map((one) => `${volume} (${of}): overlapping paths: ${one}`);
  const warnings = [
    ...told(`ConfigMap ${JSON.stringify(configMap?.name ?? '')}`, overlaps(filesOf(configMap?.items))),
    ...told(`Secret ${JSON.stringify(secret?.secretName ?? '')}`, overlaps(filesOf(secret?.items))),
    ...told('DownwardAPI', overlaps(filesOf(downwardAPI?.items))),
  ];
  const earlier: File[] = [];
  for (const source of projected?.sources ?? []) {
    if (Object.keys(source).length === 0) warnings.push(`${volume} (Projected) has no sources provided`);
    else warnings.push(...told('Projected', overlaps(projectedFiles(source), earlier)));
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
