import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '@everynode/local-stack/testing';
import { Kubectl } from '@everynode/test-kit';
import { execa } from 'execa';

const cli = fileURLToPath(new URL('../../packages/cli/dist/main.js', import.meta.url));

/** A cluster of separate processes, started as a user starts one, with its own state directory. */
export interface TestStack {
  kubectl: Kubectl;
  port: number;
  /**
   * Runs a command of Everynode's command line against this stack. Returns what it printed.
   * @throws Error when the command fails.
   */
  everynode(...args: string[]): Promise<string>;
  /** Begins a command that runs until it is stopped. */
  run(...args: string[]): RunningCommand;
  stop(): Promise<void>;
}

export interface RunningCommand {
  /** Of its process. */
  pid: number;
  /** The exit code, and all that it printed; once it has ended, asked to or not. */
  ended: Promise<{ code: number | undefined; printed: string }>;
  /** Asks it to end, as Ctrl-C does. */
  stop(): Promise<void>;
}

export async function startStack(args: string[], env: Record<string, string> = {}): Promise<TestStack> {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-session-'));
  const environment = { EVERYNODE_STATE_DIR: directory, ...env };
  const everynode = async (...command: string[]): Promise<string> => {
    const result = await execa('node', [cli, ...command], { env: environment, all: true, reject: false });
    if (result.exitCode !== 0)
      throw new Error(`everynode ${command.join(' ')} ended with ${result.exitCode}\n${result.all}`);
    return result.stdout;
  };
  const run = (...command: string[]): RunningCommand => {
    const child = execa('node', [cli, ...command], { env: environment, all: true, reject: false });
    const ended = child.then(({ exitCode, all }) => ({ code: exitCode, printed: all }));
    const stop = async (): Promise<void> => {
      child.kill('SIGINT');
      await ended;
    };
    if (child.pid === undefined) throw new Error(`everynode ${command.join(' ')} was not started`);
    return { pid: child.pid, ended, stop };
  };
  const port = await freePort();
  try {
    await everynode('start', '--detach', '--port', String(port), ...args);
  } catch (error) {
    await everynode('stop').catch(() => undefined);
    throw new Error(`${String(error)}\n${await logsOf(directory)}`);
  }
  return {
    kubectl: await Kubectl.for(join(directory, 'kubeconfig')),
    port,
    everynode,
    run,
    stop: async () => {
      await everynode('stop');
      // The logs of the services help to understand a failure.
      if (process.env.EVERYNODE_KEEP_STATE === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

async function logsOf(directory: string): Promise<string> {
  const names = ['supervisor', 'api-1', 'scheduler-1', 'agent-1'];
  const texts = await Promise.all(
    names.map(async (name) => {
      const text = await readFile(join(directory, 'logs', `${name}.log`), 'utf8').catch(() => '(none)');
      return `--- ${name}\n${text.split('\n').slice(-15).join('\n')}`;
    }),
  );
  return texts.join('\n');
}
