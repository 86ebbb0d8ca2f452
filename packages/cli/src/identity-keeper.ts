import { spawn } from 'node:child_process';
import { IdentityFiles } from '@everynode/agent-identity/identity-files';
import { keepRenewed } from '@everynode/agent-identity/keep-renewed';
import { IDENTITY_ENDED } from './exit-codes.js';

interface Joining {
  server: string;
  token: string;
  caHash: string;
  agent: string;
  nodeNames: readonly string[];
}

/**
 * Keeps the identity of the agent that runs in this process. What makes keys and certificates takes more memory than
 * the agent itself, so it runs in processes of its own, which end when they have done so.
 */
export class IdentityKeeper {
  readonly #directory: string;
  /** As the command line reads it. */
  readonly #lifetime: string;
  readonly #stopping: AbortController;
  /** Without the settings of the agent, which runs in this process. */
  readonly #env = { ...process.env };
  #looking: Promise<void> | undefined;

  constructor(directory: string, lifetimeMs: number, stopping: AbortController) {
    this.#directory = directory;
    this.#lifetime = `${Math.floor(lifetimeMs / 1000)}s`;
    this.#stopping = stopping;
  }

  /** Gets an identity, unless there is one that holds. Returns the exit code. */
  join({ server, token, caHash, agent, nodeNames }: Joining): Promise<number> {
    const asked = ['--server', server, '--token', token, '--ca-hash', caHash, '--name', agent];
    const nodes = ['--nodes', nodeNames.join(',')];
    const kept = ['--directory', this.#directory, '--lifetime', this.#lifetime];
    return this.#run(['agent', 'join', '--identity-only', ...asked, ...nodes, ...kept]);
  }

  /** Renews the identity in time, until it has ended. */
  async keep(): Promise<void> {
    const renew = async () => {
      const code = await this.#identity('renew', '--lifetime', this.#lifetime);
      if (code !== 0) throw new Error(`the renewal has ended with the code ${code}`);
    };
    // The process that failed has said why.
    await keepRenewed(new IdentityFiles(this.#directory), { renew, onFailure: () => undefined }, this.#stopping.signal);
  }

  /** Looks whether the identity is good still when something was refused to it. */
  look(): Promise<void> {
    this.#looking ??= this.#identity('check').then(() => {
      this.#looking = undefined;
    });
    return this.#looking;
  }

  /** When the identity has ended, all that uses it stops: this process, with a code that says so. */
  async #identity(command: 'renew' | 'check', ...more: string[]): Promise<number> {
    const code = await this.#run(['agent', 'identity', command, '--directory', this.#directory, ...more]);
    if (code === IDENTITY_ENDED && !this.#stopping.signal.aborted) {
      process.once('exit', () => {
        process.exitCode = IDENTITY_ENDED;
      });
      process.kill(process.pid, 'SIGTERM');
    }
    return code;
  }

  /** Runs a command of this program to its end. Returns its exit code. */
  #run(args: string[]): Promise<number> {
    const [program = ''] = process.argv.slice(1);
    const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: this.#env,
    });
    const stop = () => child.kill('SIGTERM');
    this.#stopping.signal.addEventListener('abort', stop);
    return new Promise((resolve) => {
      const done = (code: number | null) => {
        this.#stopping.signal.removeEventListener('abort', stop);
        resolve(code ?? 1);
      };
      child.once('error', (error) => {
        process.stderr.write(`${error.message}\n`);
        done(1);
      });
      child.once('exit', done);
    });
  }
}
