import { readFile } from 'node:fs/promises';
import { ControlClient } from '@everynode/local-stack/control';
import { parseAllDocuments } from 'yaml';
import { ApiClient } from './api-client.js';
import { checkoutState } from './checkout.js';
import { alignedLines } from './columns.js';

export interface ExplainFlags {
  namespace: string;
  node?: string;
  filename?: string;
  json: boolean;
}

interface Explanation {
  change?: Record<'gain' | 'lose' | 'restart', string[]>;
  summary?: string;
  nodes: { node: string; pod?: { name: string; ready: boolean }; outcome: string; reason: string }[];
}

/** `ds/NAME`, `daemonset/NAME` or the bare name. */
function daemonSetName(word: string): string {
  const [kind, name] = word.includes('/') ? word.split('/', 2) : ['ds', word];
  if (!name || !['ds', 'daemonset', 'daemonsets', 'daemonset.apps', 'daemonsets.apps'].includes(kind ?? '')) {
    throw new Error(`${word} is no DaemonSet: write ds/NAME`);
  }
  return name;
}

function explanationTable({ nodes }: Explanation): string {
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

/** What a manifest would change: a line for each kind of change, and all in a sentence. */
function changeLines({ change, summary }: Explanation): string[] {
  if (!change) return [];
  const lines = Object.entries(change).map(
    ([kind, nodes]) => `${kind}: ${nodes.length === 0 ? 'no node' : nodes.join(', ')}`,
  );
  return [...lines, summary ?? 'this would affect no pod'];
}

/** The DaemonSet of a manifest, `-` for standard input, which may be in a namespace of its own. */
async function readManifest(filename: string): Promise<{ metadata?: { namespace?: string } }> {
  const found = parseAllDocuments(await readFile(filename === '-' ? '/dev/stdin' : filename, 'utf8'))
    .map((document) => document.toJS() as { kind?: string; metadata?: { namespace?: string } } | null)
    .filter((object) => object?.kind === 'DaemonSet');
  const [manifest] = found;
  if (!manifest || found.length > 1) throw new Error(`${filename} has ${found.length} DaemonSets; explain takes one`);
  return manifest;
}

/**
 * Prints why a DaemonSet runs where it runs, or, of a manifest in a file, what would become of each node if it were
 * applied.
 * @throws Error with the API's message.
 */
export async function explainDaemonSet(
  word: string | undefined,
  { namespace, node, filename, json }: ExplainFlags,
): Promise<void> {
  if ((word === undefined) === (filename === undefined)) throw new Error('name a DaemonSet (ds/NAME) or a file (-f)');
  const manifest = filename === undefined ? undefined : await readManifest(filename);
  const paths = checkoutState();
  const { endpoint } = await new ControlClient(paths.run).status();
  const client = await ApiClient.open(endpoint, paths);
  try {
    const query = node === undefined ? '' : `?node=${encodeURIComponent(node)}`;
    const inside = encodeURIComponent(manifest?.metadata?.namespace ?? namespace);
    const at = `/apis/explain.everynode.io/v1/namespaces/${inside}/daemonsets`;
    const { status, body } = manifest
      ? await client.call('POST', at + query, { body: manifest })
      : await client.call('GET', `${at}/${encodeURIComponent(daemonSetName(word ?? ''))}${query}`);
    if (status !== 200) throw new Error((body as { message?: string }).message ?? `the api answers ${status}`);
    const explanation = body as Explanation;
    const lines = json ? [JSON.stringify(body, null, 2)] : [explanationTable(explanation), ...changeLines(explanation)];
    process.stdout.write(`${lines.join('\n')}\n`);
  } finally {
    client.close();
  }
}
