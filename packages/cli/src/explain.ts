import { ControlClient } from '@everynode/local-stack';
import { ApiClient } from './api-client.js';
import { checkoutState } from './checkout.js';
import { alignedLines } from './columns.js';

export interface ExplainFlags {
  namespace: string;
  node?: string;
  json: boolean;
}

interface Explanation {
  nodes: { node: string; pod?: { name: string; ready: boolean }; outcome: string; reason: string }[];
}

/** `ds/NAME`, `daemonset/NAME` or the bare name. */
export function daemonSetName(word: string): string {
  const [kind, name] = word.includes('/') ? word.split('/', 2) : ['ds', word];
  if (!name || !['ds', 'daemonset', 'daemonsets', 'daemonset.apps', 'daemonsets.apps'].includes(kind ?? '')) {
    throw new Error(`${word} is no DaemonSet: write ds/NAME`);
  }
  return name;
}

export function explanationTable({ nodes }: Explanation): string {
  const rows = [
    ['NODE', 'POD', 'READY', 'OUTCOME', 'REASON'],
    ...nodes.map(({ node, pod, outcome, reason }) => [
      node,
      pod?.name ?? '-',
      pod ? String(pod.ready) : '-',
      outcome,
      reason,
    ]),
  ];
  return alignedLines(rows).join('\n');
}

/** Prints why a DaemonSet runs where it runs. Rejects with the API's message. */
export async function explainDaemonSet(word: string, { namespace, node, json }: ExplainFlags): Promise<void> {
  const paths = checkoutState();
  const { endpoint } = await new ControlClient(paths.run).status();
  const client = await ApiClient.open(endpoint, paths);
  try {
    const query = node === undefined ? '' : `?node=${encodeURIComponent(node)}`;
    const at = `/apis/explain.everynode.io/v1/namespaces/${encodeURIComponent(namespace)}/daemonsets/${encodeURIComponent(daemonSetName(word))}`;
    const { status, body } = await client.call('GET', at + query);
    if (status !== 200) throw new Error((body as { message?: string }).message ?? `the api answers ${status}`);
    process.stdout.write(`${json ? JSON.stringify(body, null, 2) : explanationTable(body as Explanation)}\n`);
  } finally {
    client.close();
  }
}
