import { isKubeletLabel } from '@everynode/contract/kubelet-labels';
import { type ApiClient, messageOf } from './api-client.js';

type Labels = Readonly<Record<string, string>>;

/**
 * Puts labels on nodes that a node may not give itself, such as its role. The others of these labels come with the
 * registration of the nodes.
 * @throws Error when the api refuses one.
 */
export async function labelAsAdministrator(api: ApiClient, nodes: readonly string[], labels: Labels): Promise<void> {
  const own = labelsWhere(labels, (key) => !isKubeletLabel(key));
  if (Object.keys(own).length === 0) return;
  for (const node of nodes) {
    const { status, body } = await api.call('PATCH', `/api/v1/nodes/${node}`, {
      body: { metadata: { labels: own } },
      contentType: 'application/merge-patch+json',
    });
    if (status !== 200) throw new Error(`labelling node ${node}: ${status} ${messageOf(body)}`);
  }
}

/** The labels that a node may give itself. */
export const labelsOfNode = (labels: Labels): Record<string, string> => labelsWhere(labels, isKubeletLabel);

const labelsWhere = (labels: Labels, isWanted: (key: string) => boolean): Record<string, string> =>
  Object.fromEntries(Object.entries(labels).filter(([key]) => isWanted(key)));
