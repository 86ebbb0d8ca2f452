import type { AssignedPod } from '../pod/assigned-pod.js';

/** What a pod has that its object does not say: addresses are allocated before a container is created. */
export interface PodAddress {
  ip: string | undefined;
  hostIp: string;
}

const INDEXED = /^metadata\.(annotations|labels)\['(.*)'\]$/;

/**
 * The value of a field that environment variables and files may show; undefined for one that they may not. Source:
 * pkg/fieldpath; pkg/kubelet/kubelet_pods.go, podFieldSelectorRuntimeValue.
 */
export function podField({ metadata, spec }: AssignedPod, path: string, address: PodAddress): string | undefined {
  const indexed = INDEXED.exec(path);
  if (indexed) return metadata[indexed[1] as 'annotations' | 'labels']?.[indexed[2] ?? ''] ?? '';
  switch (path) {
    case 'metadata.name':
      return metadata.name;
    case 'metadata.namespace':
      return metadata.namespace;
    case 'metadata.uid':
      return metadata.uid;
    case 'metadata.labels':
      return mapText(metadata.labels);
    case 'metadata.annotations':
      return mapText(metadata.annotations);
    case 'spec.nodeName':
      return spec.nodeName;
    case 'spec.serviceAccountName':
      return spec.serviceAccountName ?? '';
    case 'status.hostIP':
    case 'status.hostIPs':
      return address.hostIp;
    case 'status.podIP':
    case 'status.podIPs':
      return address.ip ?? '';
    default:
      return undefined;
  }
}

/** One line for each entry, in the order of their names: `name="value"`. Source: pkg/fieldpath, FormatMap. */
function mapText(map: Readonly<Record<string, string>> | undefined): string {
  return Object.entries(map ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${JSON.stringify(value)}`)
    .join('\n');
}
