import type { StackStatus, StatePaths } from '@everynode/local-stack';
import { COMMANDS } from '@everynode/local-stack/control';
import { alignedLines } from './columns.js';

const colour = () => process.stdout.isTTY === true && !process.env.NO_COLOR;
const bold = (text: string) => (colour() ? `\u001b[1m${text}\u001b[22m` : text);
const dim = (text: string) => (colour() ? `\u001b[2m${text}\u001b[22m` : text);

/** A word for a shell: quoted where the shell would split or expand it. */
function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** Lines of a label and a value each, the values in one column. */
function columns(rows: [string, string][]): string {
  const width = Math.max(...rows.map(([label]) => label.length)) + 2;
  return rows.map(([label, value]) => `  ${dim(label.padEnd(width))}${value}`).join('\n');
}

/** Shown when the cluster is up: where it is, what to try, how to stop it. */
export function startSummary(status: StackStatus, paths: StatePaths, detached: boolean): string {
  const firstLook = status.fleet.kind === 'demo' ? 'kubectl get daemonsets,pods -A -o wide' : 'kubectl get nodes';
  return [
    '',
    bold(`Everynode is up: ${status.fleet.nodes} nodes at ${status.endpoint}`),
    '',
    ...(status.allowsAll
      ? [
          `${bold('authorization-mode is AlwaysAllow')}: every known client may do everything. For simulations only.`,
          '',
        ]
      : []),
    columns([
      ['Connect', `export KUBECONFIG=${shellWord(status.kubeconfig)}`],
      ['Try', firstLook],
      ['Add nodes', `${COMMANDS.run} nodes add k8s-04 k8s-05 k8s-06`],
      ['Look inside', `${COMMANDS.run} status`],
      ['Logs', paths.logs],
      ['Stop', detached ? COMMANDS.stop : `Ctrl-C, or ${COMMANDS.stop} elsewhere`],
    ]),
    '',
    '',
  ].join('\n');
}

function table(header: string[], rows: string[][]): string {
  const [first = '', ...rest] = alignedLines([header, ...rows]);
  return [dim(first), ...rest].join('\n');
}

/** The processes of a running stack. */
export function statusReport(status: StackStatus): string {
  const processes = [...status.services, ...status.agents].map((service) => [
    service.name,
    service.state,
    String(service.pid ?? '-'),
    String(service.restarts),
    'nodes' in service ? String(service.nodes) : '',
    service.healthPort === null ? '-' : `http://127.0.0.1:${service.healthPort}/metrics`,
  ]);
  const servers = status.servers.map(({ name, description, state, restarts }) => [
    name,
    state,
    description,
    String(restarts),
  ]);
  return [
    bold(`${status.endpoint}: ${status.phase}, ${status.fleet.nodes} nodes`),
    '',
    table(['SERVER', 'STATE', 'WHERE', 'RESTARTS'], servers),
    '',
    table(['PROCESS', 'STATE', 'PID', 'RESTARTS', 'NODES', 'METRICS'], processes),
    '',
  ].join('\n');
}
