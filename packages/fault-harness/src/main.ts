#!/usr/bin/env node
import { checkHistory, type HistoryEntry, type Violation } from '@everynode/history-checker';
import { Command, InvalidArgumentError } from 'commander';
import type { Fault } from './faults/fault.js';
import { FAULTS, FIRST_FAULTS } from './faults/index.js';
import { readHistory } from './record/recorder.js';
import { notShown, summary, tally, violationsText } from './run/report.js';
import { runFaults } from './run/run.js';

interface Flags {
  seed?: number;
  minutes: number;
  faults?: Fault[];
  nodes: number;
  longest: number;
  short: boolean;
  rest: boolean;
  check?: string;
}

const say = (line: string) => process.stdout.write(`${line}\n`);

function positive(text: string): number {
  const number = Number(text);
  if (!(number > 0)) throw new InvalidArgumentError('not a number above 0');
  return number;
}

function wholeNumber(text: string): number {
  if (!/^\d{1,10}$/.test(text)) throw new InvalidArgumentError('not a whole number');
  return Number(text);
}

function faultsNamed(text: string): Fault[] {
  return text.split(',').map((word) => {
    const [name = '', seconds] = word.split(':');
    const fault = FAULTS.find((one) => one.name === name);
    if (!fault) throw new InvalidArgumentError(`there is no fault ${name}`);
    return seconds === undefined ? fault : { ...fault, holdMs: [positive(seconds) * 1000] };
  });
}

/** As it has to be written for {@link faultsNamed}. */
function wordFor({ name, holdMs }: Fault): string {
  const [only = 0, ...others] = holdMs;
  return only === 0 || others.length > 0 ? name : `${name}:${only / 1000}`;
}

function report(history: readonly HistoryEntry[], violations: readonly Violation[]): void {
  say(`\n${summary(history, violations)}\n\n${tally(history)}`);
  if (violations.length === 0) say('\nno violation');
  else say(`\n${violations.length} violations\n${violationsText(violations)}`);
}

async function run(flags: Flags): Promise<void> {
  if (flags.check !== undefined) {
    const history = await readHistory(flags.check);
    const violations = checkHistory(history);
    report(history, violations);
    process.exitCode = violations.length === 0 ? 0 : 1;
    return;
  }
  const { seed, minutes, nodes, longest, short, rest } = flags;
  const faults = flags.faults ?? FAULTS.filter(({ isDefault, isShort }) => isDefault && (isShort || !short));
  const ending = new AbortController();
  process.once('SIGINT', () => ending.abort());
  const result = await runFaults({
    ...(seed !== undefined && { seed }),
    minutes,
    faults,
    ...(short && { first: FIRST_FAULTS }),
    areNamed: flags.faults !== undefined,
    allAtRest: rest,
    nodes,
    longestMs: longest * 1000,
    say: (line) => say(`${new Date().toISOString().slice(11, 19)} ${line}`),
    signal: ending.signal,
  });
  report(result.history, result.violations);
  say(`\nhistory: ${result.historyFile}`);
  say(notShown(faults, result.done));
  if (result.violations.length === 0 && result.done.missed.length === 0) return;
  const kind = `${short ? ' --short' : ''}${rest ? ' --rest' : ''}`;
  const named = flags.faults ? ` --faults ${flags.faults.map(wordFor).join(',')}` : '';
  say(
    `again: npm run test:faults -- --seed ${result.seed} --minutes ${minutes} --nodes ${nodes} --longest ${longest}${kind}${named}`,
  );
  say(`check again: npm run test:faults -- --check ${result.historyFile}`);
  process.exitCode = 1;
}

try {
  await new Command('test:faults')
    .description('break a cluster while clients write and watch, and check that it keeps its promises')
    .option('--seed <number>', 'decides faults, targets and times; drawn and printed without it', wholeNumber)
    .option('--minutes <number>', 'how long to break things', positive, 3)
    .option('--faults <names>', 'these alone, with commas between; `stop-api:20` lasts 20 s', faultsNamed)
    .option('--nodes <count>', 'simulated nodes', wholeNumber, 60)
    .option('--longest <seconds>', 'no fault lasts longer', positive, 90)
    .option('--short', 'the schedule of the run in npm test', false)
    .option('--rest', 'no rollout is under way when a fault begins', false)
    .option('--check <file>', 'check a recorded history again, and run nothing')
    .addHelpText('after', `\nFaults:\n${FAULTS.map(({ name, about }) => `  ${name.padEnd(28)}${about}`).join('\n')}`)
    .action(run)
    .parseAsync();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = 1;
}
process.exit();
