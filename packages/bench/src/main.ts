#!/usr/bin/env node
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { KubeClient } from './kube-client.js';
import { startCluster } from './local-cluster.js';
import { readyCurves } from './plot.js';
import { usageBetween, usageUnder } from './process-usage.js';
import { type MeasuredRun, relabelText, reportJson, rowsOf, rowsText, type Setup, usageText } from './report.js';
import { runScenarios, SCENARIOS, type Scenario } from './scenarios.js';

interface Flags {
  nodes: number[];
  scenario: Scenario[];
  repeat: number;
  agents: number;
  apiReplicas: number;
  schedulerReplicas: number;
  relabels: number;
  kubeconfig?: string;
  json?: string;
  plots?: string;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function wholeNumber(text: string): number {
  if (!/^[1-9]\d{0,6}$/.test(text)) throw new InvalidArgumentError('not a whole number above 0');
  return Number(text);
}

function scenarioNames(text: string): Scenario[] {
  return text.split(',').map((name) => {
    if (!SCENARIOS.includes(name as Scenario)) throw new InvalidArgumentError(`not one of ${SCENARIOS.join(', ')}`);
    return name as Scenario;
  });
}

/** Runs all scenarios `repeat` times on one API server. `supervisor` is known of a cluster of our own. */
async function measure(kubeconfig: string, flags: Flags, supervisor?: number): Promise<MeasuredRun[]> {
  const client = await KubeClient.open(kubeconfig);
  const { items } = await client.call<{ items: { metadata: { name: string } }[] }>('GET', '/api/v1/nodes');
  const nodes = items.map(({ metadata }) => metadata.name);
  const runs: MeasuredRun[] = [];
  for (let round = 1; round <= flags.repeat; round += 1) {
    const measured = await runScenarios({
      client,
      nodes,
      scenarios: flags.scenario,
      relabels: flags.relabels,
      around: async (scenario, run) => {
        const before = supervisor === undefined ? undefined : await usageUnder(supervisor);
        const measurement = await run();
        say(`  ${scenario}: ${Math.round(measurement.ms)} ms`);
        if (!before || supervisor === undefined) return measurement;
        return Object.assign(measurement, { usage: usageBetween(before, await usageUnder(supervisor)) });
      },
    });
    runs.push(...measured);
  }
  return runs;
}

async function versionOf(kubeconfig: string): Promise<unknown> {
  return await (await KubeClient.open(kubeconfig)).call('GET', '/version');
}

async function measureOwn(flags: Flags): Promise<{ setup: Setup; runs: MeasuredRun[] }> {
  const { agents, apiReplicas, schedulerReplicas } = flags;
  const runs: MeasuredRun[] = [];
  const startMs: Record<string, number> = {};
  let version: unknown;
  for (const nodes of flags.nodes) {
    say(`starting ${nodes} nodes on ${agents} agents, ${apiReplicas} api, ${schedulerReplicas} scheduler …`);
    const cluster = await startCluster({ nodes, agents, apiReplicas, schedulerReplicas });
    try {
      startMs[nodes] = cluster.startMs;
      say(`  start until all nodes are Ready: ${Math.round(cluster.startMs)} ms`);
      version = await versionOf(cluster.kubeconfig);
      runs.push(...(await measure(cluster.kubeconfig, flags, cluster.supervisor)));
    } finally {
      await cluster.stop();
    }
  }
  // What the local stack starts Postgres with; see packages/local-stack.
  const settings = { agents, apiReplicas, schedulerReplicas, fsync: 'on', synchronous_commit: 'on' };
  return { setup: { target: 'everynode', version, startMs, settings }, runs };
}

async function bench(flags: Flags): Promise<void> {
  const { kubeconfig } = flags;
  const { setup, runs } =
    kubeconfig === undefined
      ? await measureOwn(flags)
      : {
          setup: { target: kubeconfig, version: await versionOf(kubeconfig) },
          runs: await measure(kubeconfig, flags),
        };
  say(`\n${rowsText(rowsOf(runs))}\n`);
  const last = new Map(runs.map((run) => [`${run.nodes} ${run.scenario}`, run]));
  for (const run of last.values()) if (run.usage) say(usageText(run));
  for (const run of last.values()) {
    const text = relabelText(run);
    if (text) say(text);
  }
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(reportJson(setup, runs), null, 2)}\n`);
  if (flags.plots) {
    await mkdir(flags.plots, { recursive: true });
    for (const nodes of new Set(runs.map((run) => run.nodes))) {
      const series = [...last.values()]
        .filter((run) => run.nodes === nodes && run.scenario !== 'relabel')
        .map(({ scenario, curve }) => ({ name: scenario, samples: curve }));
      await writeFile(join(flags.plots, `ready-${nodes}.svg`), readyCurves(`Ready pods, ${nodes} nodes`, series));
    }
  }
}

await new Command('bench')
  .description('measure a DaemonSet control plane: one of our own, started for it, or that of a kubeconfig')
  .option('--nodes <counts>', 'sizes, one after the other', (text) => text.split(',').map(wholeNumber), [1000])
  .option('--scenario <names>', `of ${SCENARIOS.join(', ')}`, scenarioNames, [...SCENARIOS])
  .option('--repeat <times>', 'the report gives medians', wholeNumber, 3)
  .option('--agents <count>', 'agent processes', wholeNumber, 2)
  .option('--api-replicas <count>', 'api processes', wholeNumber, 2)
  .option('--scheduler-replicas <count>', 'scheduler processes', wholeNumber, 2)
  .option('--relabels <count>', 'nodes whose label is flipped', wholeNumber, 50)
  .option('--kubeconfig <file>', 'an API server that runs already, with its nodes; --nodes is not looked at')
  .option('--json <file>', 'write every figure, the machine, versions and settings')
  .option('--plots <folder>', 'write curves as SVG')
  .action(bench)
  .parseAsync();
process.exit();
