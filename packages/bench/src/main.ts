#!/usr/bin/env node
import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { ATTACKER_NAMES, type AttackerName } from './attack/attacks.js';
import { KubeClient } from './client/kube-client.js';
import type { OwnCluster } from './cluster/own-cluster.js';
import { reportJson, type Surroundings } from './report/json.js';
import { rowsOf } from './report/rows.js';
import { askServers, surroundingsText, thisMachine, versionOf } from './report/surroundings.js';
import { costText, failuresText, floorText, rowsText } from './report/text.js';
import { BenchRun, type OwnPlan } from './run/bench-run.js';
import { interruption } from './run/interruption.js';
import { SCENARIOS } from './scenarios/index.js';
import type { Scenario } from './scenarios/scenario.js';

interface Flags {
  nodes: number[];
  scenario?: Scenario[];
  all: boolean;
  repeat: number;
  agents: number;
  replicas?: number[];
  apiReplicas: number;
  schedulerReplicas: number;
  relabels: number;
  attackers: AttackerName[];
  floor: boolean;
  kubeconfig?: string;
  json?: string;
  plots?: string;
  cpuProf?: string;
}

/** See usage/cpu-profile.ts. */
const CPU_PROFILE = new URL('./usage/cpu-profile.js', import.meta.url).href;

const say = (line: string) => process.stdout.write(`${line}\n`);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('not a whole number above 0');
  return Number(text);
}

const wholeNumbers = (text: string): number[] => text.split(',').map(wholeNumber);

/** Those of a list that are named, in the list's order. */
function named<T>(all: readonly T[], nameOf: (one: T) => string, text: string): T[] {
  const known = all.map(nameOf);
  const names = text.split(',');
  for (const name of names) {
    if (!known.includes(name)) throw new InvalidArgumentError(`${name} is none of ${known.join(', ')}`);
  }
  return all.filter((one) => names.includes(nameOf(one)));
}

const scenariosNamed = (text: string): Scenario[] => named(SCENARIOS, ({ name }) => name, text);
const attackersNamed = (text: string): AttackerName[] => named(ATTACKER_NAMES, (name) => name, text);

/**
 * The scenarios to run.
 * @throws Error for a named scenario that cannot run on a server that is not ours.
 */
function chosen({ scenario, all, kubeconfig }: Flags): readonly Scenario[] {
  const wanted = scenario ?? SCENARIOS.filter(({ isDefault }) => all || isDefault);
  if (kubeconfig === undefined) return wanted;
  const own = wanted.filter(({ needs }) => needs === 'own processes').map(({ name }) => name);
  if (scenario && own.length > 0) {
    throw new Error(
      `${own.join(', ')}: looks at or ends processes of our own cluster, and cannot run with --kubeconfig`,
    );
  }
  if (own.length > 0) say(`left out, as they need processes of our own: ${own.join(', ')}`);
  return wanted.filter(({ needs }) => needs !== 'own processes');
}

function ownPlan(flags: Flags, scenarios: readonly Scenario[], onCluster: OwnPlan['onCluster']): OwnPlan {
  const { agents, repeat, relabels, attackers, floor, cpuProf } = flags;
  const kinds = flags.replicas?.map((count) => ({ apiReplicas: count, schedulerReplicas: count })) ?? [
    { apiReplicas: flags.apiReplicas, schedulerReplicas: flags.schedulerReplicas },
  ];
  const sizes = flags.nodes.flatMap((nodes) => kinds.map((replicas) => ({ nodes, agents, ...replicas })));
  const env =
    cpuProf === undefined ? {} : { NODE_OPTIONS: `--import ${CPU_PROFILE}`, EVERYNODE_CPU_PROFILES: resolve(cpuProf) };
  return { scenarios, repeat, choices: { relabels, attackers }, withFloor: floor, sizes, env, onCluster };
}

async function bench(flags: Flags): Promise<void> {
  const scenarios = chosen(flags);
  const surroundings: Surroundings = {
    measuredAt: new Date().toISOString(),
    target: flags.kubeconfig ?? 'everynode',
    serverVersion: 'unknown',
    machine: thisMachine(),
    command: process.argv.slice(2),
  };
  const onCluster = async (cluster: OwnCluster): Promise<void> => {
    if (surroundings.servers) return;
    surroundings.servers = await askServers(cluster);
    await askVersion(surroundings, cluster.kubeconfig);
    say(surroundingsText(surroundings.machine, surroundings.serverVersion, surroundings.servers));
  };
  const plan = ownPlan(flags, scenarios, onCluster);
  const run = new BenchRun(plan, say, interruption());
  try {
    if (flags.kubeconfig === undefined) await run.onOwnClusters(plan);
    else {
      await askVersion(surroundings, flags.kubeconfig);
      say(surroundingsText(surroundings.machine, surroundings.serverVersion, undefined));
      await run.onServer(flags.kubeconfig);
    }
  } finally {
    await report(flags, surroundings, run);
  }
  if (run.results.failures.length > 0) process.exitCode = 1;
}

async function askVersion(surroundings: Surroundings, kubeconfig: string): Promise<void> {
  const client = await KubeClient.open(kubeconfig);
  surroundings.serverVersion = await versionOf(client);
  client.close();
}

async function report(flags: Flags, surroundings: Surroundings, { results }: BenchRun): Promise<void> {
  const parts = [rowsText(rowsOf(results)), costText(results), floorText(results), failuresText(results)];
  say(`\n${parts.filter((part) => part !== '').join('\n\n')}`);
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(reportJson(surroundings, results), null, 2)}\n`);
  if (flags.plots) {
    // Loaded only when it is needed: the drawing library is large.
    const { writePlots } = await import('./plots/write-plots.js');
    const names = await writePlots(flags.plots, results);
    say(`\nplots in ${flags.plots}: ${names.join(', ')}`);
  }
}

const listOf = (scenarios: readonly Scenario[]): string =>
  scenarios
    .map(({ name, about, isDefault, needs }) => {
      const notes = [isDefault ? '' : 'not by default', needs === 'own processes' ? 'not with --kubeconfig' : ''];
      const note = notes.filter((text) => text !== '').join(', ');
      return `  ${name.padEnd(22)}${about}${note === '' ? '' : ` (${note})`}`;
    })
    .join('\n');

try {
  await new Command('bench')
    .description('measure a DaemonSet control plane: one of our own, started for it, or that of a kubeconfig')
    .option('--nodes <counts>', 'sizes, one after the other', wholeNumbers, [1000])
    .option('--scenario <names>', 'these alone, with commas between', scenariosNamed)
    .option('--all', 'every scenario', false)
    .option('--repeat <times>', 'of short scenarios; the report gives medians', wholeNumber, 3)
    .option('--agents <count>', 'agent processes', wholeNumber, 2)
    .addOption(
      new Option('--replicas <counts>', 'of api and of scheduler, side by side: 1,2,4')
        .argParser(wholeNumbers)
        .conflicts(['kubeconfig']),
    )
    .option('--api-replicas <count>', 'api processes', wholeNumber, 2)
    .option('--scheduler-replicas <count>', 'scheduler processes', wholeNumber, 2)
    .option('--relabels <count>', 'nodes whose label is flipped', wholeNumber, 50)
    .option('--attackers <names>', 'those of noisy-neighbour that are measured', attackersNamed, [...ATTACKER_NAMES])
    .option('--no-floor', 'do not measure the floor: plain SQL and plain NATS')
    .option('--kubeconfig <file>', 'an API server that runs already, with its nodes; --nodes is not looked at')
    .option('--json <file>', 'write every figure, the machine, versions and settings')
    .option('--plots <folder>', 'write plots as SVG')
    .option('--cpu-prof <folder>', 'services write CPU profiles there when they end')
    .addHelpText('after', `\nScenarios:\n${listOf(SCENARIOS)}`)
    .action(bench)
    .parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
