import { execa } from 'execa';
import { packagedProgram } from './packaged-program.js';

/** The major version of helm, and the layer that has it. */
const LAYERS = { 3: 31, 4: 35 } as const;

/** Runs a real helm against one cluster. */
export class Helm {
  private constructor(
    readonly path: string,
    readonly kubeconfig: string,
  ) {}

  /**
   * Uses `$HELM`, else the one on PATH, where it has the major version; else the one inside the npm package of a Lambda
   * layer (Linux on x64).
   * @throws Error that describes how to get one.
   */
  static async for(kubeconfig: string, major: 3 | 4 = 4): Promise<Helm> {
    const isWanted = (path: string) => answers(path, major);
    for (const path of [process.env.HELM, 'helm']) {
      if (path && (await isWanted(path))) return new Helm(path, kubeconfig);
    }
    const packaged = await packagedProgram('helm', isWanted, LAYERS[major]);
    if (packaged !== undefined) return new Helm(packaged, kubeconfig);
    throw new Error(
      `these tests need a real helm ${major} and found none: install it (helm.sh/docs/intro/install) or set HELM`,
    );
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

async function answers(command: string, major: number): Promise<boolean> {
  const { stdout, failed } = await execa(command, ['version', '--template', '{{.Version}}'], { reject: false });
  return !failed && stdout.startsWith(`v${major}.`);
}
