#!/usr/bin/env node
import { readFile, writeFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { stringify } from 'yaml';
import type { Exchange, Transcript } from './exchange.js';
import { readTranscript } from './read/read-transcript.js';
import { UnreadableError } from './read/unreadable-error.js';
import { record } from './record.js';
import { isSame, replay } from './replay.js';
import { type Counts, outcomeJson, outcomeText, summary } from './report.js';
import { type Credentials, HttpsTarget } from './target/https-target.js';
import { startLocalApi } from './target/local-api.js';
import { resourceKeyOf, servedResources } from './target/served-resources.js';

interface Flags {
  kubeconfig?: string;
  server?: string;
  ca?: string;
  cert?: string;
  key?: string;
  token?: string;
  insecure?: boolean;
  controllers: boolean;
  servedOnly: boolean;
  only: RegExp[];
  skip: RegExp[];
  ignore: string[];
  header: string[];
  patience: number;
  json?: string;
  record?: string;
}

/** npm runs scripts in the project's folder; file names are relative to the user's folder. */
const place = (file: string): string => resolve(process.env.INIT_CWD ?? '.', file);
const say = (line: string) => process.stdout.write(`${line}\n`);
const collect = (value: string, all: string[]): string[] => [...all, value];

function pattern(text: string, all: RegExp[]): RegExp[] {
  try {
    return [...all, new RegExp(text)];
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : String(error));
  }
}

async function credentials({ ca, cert, key, token, insecure }: Flags): Promise<Credentials> {
  const read = (file: string) => readFile(place(file));
  return {
    ...(ca !== undefined && { ca: await read(ca) }),
    ...(cert !== undefined && { cert: await read(cert) }),
    ...(key !== undefined && { key: await read(key) }),
    ...(token !== undefined && { headers: { authorization: `Bearer ${token}` } }),
    ...(insecure && { rejectUnauthorized: false }),
  };
}

/** Opens the server of the flags, or starts an Everynode. */
async function openTarget(flags: Flags): Promise<{ target: HttpsTarget; close(): Promise<void> }> {
  if (flags.server !== undefined) {
    const target = new HttpsTarget(flags.server, await credentials(flags));
    return { target, close: async () => target.close() };
  }
  const local = flags.kubeconfig === undefined ? await startLocalApi(flags.controllers) : undefined;
  const target = await HttpsTarget.ofKubeconfig(local?.kubeconfig ?? place(flags.kubeconfig ?? ''));
  const close = async (): Promise<void> => {
    target.close();
    await local?.stop();
  };
  return { target, close };
}

/** Whether a pattern matches `#NUMBER NAME METHOD PATH`; `#12` is the twelfth exchange of a file. */
function matches({ name, request }: Exchange, number: number, patterns: RegExp[]): boolean {
  const line = `#${number} ${name} ${request.method} ${request.path}`;
  return patterns.some((one) => one.test(line));
}

async function readAll(files: string[]): Promise<Transcript[]> {
  const transcripts: Transcript[] = [];
  for (const file of files) {
    const title = relative(process.env.INIT_CWD ?? '.', place(file));
    try {
      transcripts.push(readTranscript(await readFile(place(file), 'utf8'), title));
    } catch (error) {
      if (error instanceof UnreadableError) throw new UnreadableError(`${title}: ${error.message}`, { cause: error });
      throw error;
    }
  }
  return transcripts;
}

/** Returns the exit code: 0 when all answers were the same, 1 when one differs, 2 when none was compared. */
async function compareAll(target: HttpsTarget, transcripts: Transcript[], flags: Flags): Promise<number> {
  const served = flags.servedOnly ? await servedResources(target) : undefined;
  const counts: Counts = { same: 0, differ: 0, skipped: 0 };
  const reports: object[] = [];
  const isCompared = (exchange: Exchange, number: number): boolean => {
    if (exchange.answer === undefined) return false;
    if (flags.only.length > 0 && !matches(exchange, number, flags.only)) return false;
    if (matches(exchange, number, flags.skip)) return false;
    const resource = resourceKeyOf(exchange);
    return served === undefined || resource === undefined || served.has(resource);
  };
  for (const transcript of transcripts) {
    const outcomes = await replay(target, transcript, {
      ignore: flags.ignore,
      headers: flags.header.map((name) => name.toLowerCase()),
      patienceMs: flags.patience * 1000,
      isCompared,
    });
    for (const outcome of outcomes) {
      if (!isCompared(outcome.exchange, outcome.number)) counts.skipped += 1;
      else if (isSame(outcome)) counts.same += 1;
      else {
        counts.differ += 1;
        say(`${outcomeText(transcript.title, outcome, process.stdout.isTTY)}\n`);
      }
      reports.push(outcomeJson(transcript.title, outcome));
    }
  }
  if (flags.json !== undefined) {
    await writeFile(place(flags.json), `${JSON.stringify({ ...counts, exchanges: reports }, null, 2)}\n`);
  }
  say(summary(counts));
  return counts.differ === 0 && counts.same > 0 ? 0 : counts.differ === 0 ? 2 : 1;
}

async function recordAll(target: HttpsTarget, transcripts: Transcript[], file: string, flags: Flags): Promise<number> {
  const exchanges = transcripts.flatMap((transcript) => transcript.exchanges);
  const recording = await record(target, { title: file, exchanges }, flags.patience * 1000);
  const text = /\.ya?ml$/.test(file) ? stringify(recording) : `${JSON.stringify(recording, null, 2)}\n`;
  await writeFile(place(file), text);
  say(`${exchanges.length} exchanges recorded in ${file}`);
  return 0;
}

async function transcripts(files: string[], flags: Flags): Promise<void> {
  try {
    const all = await readAll(files);
    const { target, close } = await openTarget(flags);
    try {
      process.exitCode =
        flags.record === undefined
          ? await compareAll(target, all, flags)
          : await recordAll(target, all, flags.record, flags);
    } finally {
      await close();
    }
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}

function seconds(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('not a number of seconds');
  return Number(text);
}

await new Command('transcripts')
  .description('replay recorded requests against an API server and compare the answers; see docs/transcripts.md')
  .argument('<files...>', 'recordings: JSON, JSON lines, YAML, HAR, audit logs')
  .option('--kubeconfig <file>', 'the server of its current context; without it an Everynode is started for this')
  .option('--server <url>', 'a server by its URL')
  .option('--ca <file>', 'with --server: the certificate authority to trust')
  .option('--cert <file>', 'with --server: client certificate')
  .option('--key <file>', 'with --server: its key')
  .option('--token <token>', 'with --server: bearer token')
  .option('--insecure', 'with --server: do not verify the certificate of the server')
  .option('--controllers', 'start controllers beside the API of our own, too', false)
  .option('--served-only', 'skip what asks for resources that the server does not serve', false)
  .option('--only <pattern>', 'compare only these; a regular expression on `#NUMBER NAME METHOD PATH`', pattern, [])
  .option('--skip <pattern>', 'do not compare these', pattern, [])
  .option('--ignore <path>', 'a JSON path into {status, headers, body} that may differ', collect, [])
  .option('--header <name>', 'compare this header of the answers, too', collect, [])
  .option('--patience <seconds>', 'how long a watch waits for its next event', seconds, 1.5)
  .option('--json <file>', 'write every outcome')
  .option('--record <file>', 'send the requests and write what is answered, instead of comparing')
  .action(transcripts)
  .parseAsync();
process.exit();
