import { execa } from 'execa';
import { packagedProgram } from './packaged-program.js';

/** Runs a real helm against one cluster. */
export class Helm {
  private constructor(
    readonly path: string,
    readonly kubeconfig: string,
  ) {}

  /**
   * Uses `$HELM`, else the one on PATH, else the one inside the npm package of a Lambda layer (Linux on x64).
   * @throws Error that describes how to get one.
   */
  static async for(kubeconfig: string): Promise<Helm> {
    const named = process.env.HELM;
    if (named) return new Helm(named, kubeconfig);
    const found = (await answers('helm')) ? 'helm' : await packagedProgram('helm', answers);
    if (found !== undefined) return new Helm(found, kubeconfig);
    throw new Error('these tests need a real helm and found none: install it (helm.sh/docs/intro/install) or set HELM');
  }

  /** Runs a command line, split at blanks. Does not throw for an exit code. */
  async try(command: string): Promise<{ stdout: string; stderr: string; exitCode: number }> {
    const env = { KUBECONFIG: this.kubeconfig };
    const { stdout, stderr, exitCode } = await execa(this.path, command.split(/\s+/), {
      env,
      reject: false,
      timeout: 120_000,
    });
    return { stdout, stderr, exitCode: exitCode ?? -1 };
  }

  /** Runs a command that has to succeed. Returns what it printed to stdout. @throws Error with all that it printed. */
  async run(command: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.try(command);
    if (exitCode !== 0) throw new Error(`helm ${command} ended with ${exitCode}\n${stderr}\n${stdout}`);
    return stdout;
  }
}

async function answers(command: string): Promise<boolean> {
  return !(await execa(command, ['version'], { reject: false })).failed;
}
