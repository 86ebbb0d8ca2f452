import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type Fleet,
  lastLines,
  makeStateDirectories,
  Stack,
  type StackOptions,
  type StatePaths,
  sizeOf,
} from '@everynode/local-stack';
import { checkoutState, serviceEntry } from './checkout.js';

/** What the user asked for: everything that a supervisor in another process has to know. */
export interface StartRequest {
  fleet: Fleet;
  replaceFleet: boolean;
  apiReplicas: number;
  schedulerReplicas: number;
  port: number;
  /** Stands above EVERYNODE_CONTROLLERS. */
  controllers?: string;
  /** Stands above EVERYNODE_AUTHORIZATION_MODE. */
  authorizationMode?: string;
  fresh: boolean;
}

/** A supervisor that is starting or running. */
export interface Launched {
  pid: number;
  /** Never resolves. It rejects when the start has failed and everything has stopped again. */
  failed: Promise<never>;
}

export interface LaunchedHere extends Launched {
  /** Resolves with an exit code when everything has stopped on request. */
  done: Promise<number>;
  /** Stops everything, whatever state it is in. */
  stop(): Promise<void>;
  /** From now on, print what happens to the services. */
  showEvents(): void;
}

/** Ctrl-C arrives from the terminal and again from npm: two signals within this time are one request. */
const SAME_REQUEST_MS = 500;

const messageOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
const logPath = (paths: StatePaths) => join(paths.logs, 'supervisor.log');

function stackOptions(request: StartRequest, log: (message: string) => void): StackOptions {
  const { controllers, authorizationMode, ...rest } = request;
  const env = {
    ...process.env,
    ...(controllers !== undefined && { EVERYNODE_CONTROLLERS: controllers }),
    ...(authorizationMode !== undefined && { EVERYNODE_AUTHORIZATION_MODE: authorizationMode }),
  };
  return { ...rest, stateDir: checkoutState().root, entry: serviceEntry, env, log };
}

/** Runs the stack in this process until Ctrl-C, SIGTERM, or `everynode stop`. A second Ctrl-C forces. */
export async function launchHere(request: StartRequest): Promise<LaunchedHere> {
  const paths = checkoutState();
  await makeStateDirectories(paths);
  let showing = false;
  const log = (message: string) => {
    appendFileSync(logPath(paths), `${new Date().toISOString()} ${message}\n`, { mode: 0o600 });
    if (showing && message !== '') process.stdout.write(`${message}\n`);
  };
  const stack = new Stack(stackOptions(request, log));

  let stoppingSince: number | undefined;
  let finish: (code: number) => void = () => undefined;
  const done = new Promise<number>((resolve) => {
    finish = resolve;
  });
  const stop = async () => {
    stoppingSince = performance.now();
    await stack.stop();
  };
  const stopOnPurpose = () => {
    stop().then(
      () => finish(0),
      (error: unknown) => {
        log(`stopping failed: ${messageOf(error)}`);
        finish(1);
      },
    );
  };
  const onSignal = (signal: NodeJS.Signals) => {
    if (stoppingSince === undefined) {
      process.stdout.write('\nStopping. Ctrl-C again to force.\n');
      stopOnPurpose();
    } else if (signal === 'SIGINT' && performance.now() - stoppingSince > SAME_REQUEST_MS) {
      stack.kill();
      process.exit(130);
    }
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  // The terminal may close before this process ends.
  process.stdout.on('error', () => undefined);
  process.stderr.on('error', () => undefined);
  stack.onStopRequest(() => {
    if (stoppingSince === undefined) stopOnPurpose();
  });

  const failed = new Promise<never>((_, reject) => {
    stack.start().catch((error: unknown) => {
      if (stoppingSince !== undefined) return;
      log(messageOf(error));
      stop().then(
        () => reject(error),
        (stopError: unknown) =>
          reject(new AggregateError([error, stopError], `${messageOf(error)}\nand then: ${messageOf(stopError)}`)),
      );
    });
  });
  failed.catch(() => undefined);
  return {
    pid: process.pid,
    failed,
    done,
    stop,
    showEvents: () => {
      showing = true;
    },
  };
}

const REQUEST_VARIABLE = 'EVERYNODE_START_REQUEST';

/** Runs the stack in a process of its own, which outlives this one and the terminal. */
export async function launchDetached(request: StartRequest): Promise<Launched> {
  const paths = checkoutState();
  await makeStateDirectories(paths);
  const logStart = await sizeOf(logPath(paths));
  const log = openSync(logPath(paths), 'a', 0o600);
  // From sources (with a loader in execArgv) as from the build.
  const main = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? 'main.ts' : 'main.js', import.meta.url));
  const child = spawn(process.execPath, [...process.execArgv, main, 'supervise'], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, [REQUEST_VARIABLE]: JSON.stringify(request) },
  });
  closeSync(log);
  child.unref();
  const failed = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => {
      lastLines(logPath(paths), 40, logStart).then(
        (tail) => reject(new Error(`The cluster did not start (exit code ${code}):\n${tail}`)),
        reject,
      );
    });
  });
  failed.catch(() => undefined);
  return { pid: child.pid ?? 0, failed };
}

/** The other end of {@link launchDetached}. */
export async function superviseRequest(): Promise<number> {
  const text = process.env[REQUEST_VARIABLE];
  if (text === undefined) throw new Error('this command is for everynode itself; use: everynode start --detach');
  delete process.env[REQUEST_VARIABLE];
  const { done, failed } = await launchHere(JSON.parse(text) as StartRequest);
  // A failure is in the log already, which the other end shows.
  return Promise.race([done, failed.catch(() => 1)]);
}
