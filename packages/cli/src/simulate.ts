import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { ApiError, type KubeObject } from '@everynode/objects';
import {
  compare,
  comparisonRows,
  ObjectsError,
  parseScenario,
  readDump,
  readObjects,
  type Scenario,
  ScenarioError,
  type SimulationInput,
  simulate,
  strategiesOf,
  textReport,
} from '@everynode/simulation';
import { stringify } from 'yaml';
import { alignedLines } from './columns.js';
import { dumpCluster } from './dump-cluster.js';

export interface SimulateFlags {
  from?: string;
  liveCluster?: boolean;
  apply?: string;
  seed?: number;
  compare?: string[];
  report?: string;
  json: boolean;
}

/** What a fleet is taken from, in place of the name of a file. */
const LIVE = 'the running cluster';
/** Exit codes: something does not hold; the scenario cannot be played. */
const FAILED = 1;
const UNPLAYABLE = 2;

const print = (line: string) => process.stdout.write(`${line}\n`);

/**
 * Plays a scenario, or the rollout of a manifest on a dumped cluster, and prints what came of it. Returns the exit
 * code: 1 when a step or a threshold does not hold, 2 when the scenario cannot be played, which is said with its line.
 */
export async function simulateScenario(file: string | undefined, flags: SimulateFlags): Promise<number> {
  try {
    const { input, source } = await inputOf(file, flags);
    if (flags.compare) return printComparison(input, flags.compare, flags.json);
    return await printReport(input, source, flags);
  } catch (error) {
    if (
      error instanceof ScenarioError ||
      error instanceof ObjectsError ||
      error instanceof ApiError ||
      isMissing(error)
    ) {
      process.stderr.write(`${error.message}\n`);
      return UNPLAYABLE;
    }
    throw error;
  }
}

const isMissing = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && 'code' in error && ['ENOENT', 'EISDIR', 'EACCES'].includes(String(error.code));

async function inputOf(
  file: string | undefined,
  { from, liveCluster = false, apply, seed }: SimulateFlags,
): Promise<{ input: SimulationInput; source: string }> {
  if ([file !== undefined, from !== undefined, liveCluster].filter(Boolean).length !== 1) {
    throw new ObjectsError('name a scenario, or a dump (--from) or --live-cluster, and a manifest (--apply)');
  }
  if (file === undefined && apply === undefined) throw new ObjectsError('name the manifest to roll out: --apply FILE');
  const source = file === undefined ? stringify(rolloutOf(from ?? LIVE, apply ?? '')) : await readFile(file, 'utf8');
  const scenario = parseScenario(source, file ?? 'the scenario');
  // Names of files in a scenario are meant beside it.
  const folder = file === undefined ? process.cwd() : path.dirname(file);
  const load = (name: string): KubeObject[] => {
    const at = path.resolve(folder, name);
    return readObjects(readFileSync(at, 'utf8'), name);
  };
  const dump = scenario.spec.fleet.from;
  const snapshot = dump === undefined ? undefined : readDump(liveCluster ? await dumpCluster() : load(dump));
  return { input: { scenario, load, ...(snapshot && { snapshot }), ...(seed !== undefined && { seed }) }, source };
}

/** The scenario of a rollout on a dumped cluster: each DaemonSet of the manifest is applied, and waited for. */
function rolloutOf(from: string, apply: string): Scenario {
  const daemonSets = readObjects(readFileSync(apply, 'utf8'), apply).filter(({ kind }) => kind === 'DaemonSet');
  return {
    apiVersion: 'everynode.io/v1',
    kind: 'Simulation',
    metadata: { name: `${path.basename(apply)} on ${path.basename(from)}` },
    spec: {
      fleet: { from },
      steps: [
        { apply },
        ...daemonSets.map(({ metadata: { name, namespace = 'default' } }) => ({
          waitFor: { daemonSet: `${namespace}/${name}`, condition: 'RolledOut' as const, timeout: '6h' },
        })),
      ],
    },
  };
}

async function printReport(input: SimulationInput, source: string, flags: SimulateFlags): Promise<number> {
  const report = simulate(input);
  if (flags.json) print(JSON.stringify(report, null, 2));
  else for (const { rows, notes } of textReport(report)) print([...alignedLines(rows), ...notes, ''].join('\n'));
  if (flags.report !== undefined) {
    const { htmlReport } = await import('@everynode/simulation/html-report');
    await writeFile(flags.report, htmlReport(report, source));
    if (!flags.json) print(`The report is in ${flags.report}.`);
  }
  return report.ok ? 0 : FAILED;
}

/** The strategies of `maxUnavailable=1,10%,zone` and `maxSurge=0,25%`. */
function printComparison(input: SimulationInput, words: readonly string[], json: boolean): number {
  const values = new Map(
    words.map((word) => {
      const [, name = '', list = ''] = /^(maxUnavailable|maxSurge)=([\d%,a-z]+)$/.exec(word) ?? [];
      const all = list.split(',');
      const allowed = name === 'maxSurge' ? /^\d+%?$/ : /^(\d+%?|zone)$/;
      if (name === '' || !all.every((one) => allowed.test(one))) {
        throw new ObjectsError(`"${word}" is no strategy: write maxUnavailable=1,10%,zone or maxSurge=0,25%`);
      }
      return [name, all];
    }),
  );
  const strategies = strategiesOf(values.get('maxUnavailable') ?? [], values.get('maxSurge') ?? []);
  const compared = compare(input, strategies);
  print(json ? JSON.stringify(compared, null, 2) : alignedLines(comparisonRows(compared)).join('\n'));
  return 0;
}
