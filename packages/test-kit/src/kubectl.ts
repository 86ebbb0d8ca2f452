import { execa } from 'execa';
import { findKubectl } from './find-kubectl.js';

interface KubectlResult {
  stdout: string;
  stderr: string;
  exitCode: number;
}

/** Runs kubectl against one cluster as a user would, with all of its checks. */
export class Kubectl {
  private constructor(
    readonly path: string,
    readonly kubeconfig: string,
  ) {}

  /** Uses the kubectl at `path`, or else the one that `findKubectl` finds. */
  static async for(kubeconfig: string, path?: string): Promise<Kubectl> {
    return new Kubectl(path ?? (await findKubectl()), kubeconfig);
  }

  /** Runs a command line, split at blanks, or a list of arguments. Does not throw for an exit code. */
  async try(command: string | string[], input?: string, env: Record<string, string> = {}): Promise<KubectlResult> {
    const args = typeof command === 'string' ? command.split(/\s+/) : command;
    const result = await execa(this.path, args, {
      env: { KUBECONFIG: this.kubeconfig, ...env },
      reject: false,
      timeout: 120_000,
      ...(input !== undefined && { input }),
    });
    return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode ?? -1 };
  }

  /**
   * Runs a command that has to succeed. Returns what it printed to stdout.
   * @throws Error with the exit code and all that it printed.
   */
  async run(command: string | string[], input?: string): Promise<string> {
    const { stdout, stderr, exitCode } = await this.try(command, input);
    if (exitCode !== 0) {
      throw new Error(`kubectl ${String(command)} ended with ${exitCode}\n${stderr}\n${stdout}`);
    }
    return stdout;
  }

  /** Returns the rows of a `kubectl get` table, by column header. Columns are cut where the headers begin. */
  async table(command: string | string[]): Promise<Record<string, string>[]> {
    return parseTable(await this.run(command));
  }

  async json<T>(command: string): Promise<T> {
    return JSON.parse(await this.run(`${command} -o json`)) as T;
  }
}

/** Parses a table whose columns begin where their headers do; headers are at least two blanks apart. */
function parseTable(text: string): Record<string, string>[] {
  const [header, ...rows] = text.split('\n').filter((line) => line.trim() !== '');
  if (header === undefined) return [];
  const columns = [...header.matchAll(/\S+(?: \S+)*/g)].map((match) => ({ name: match[0], from: match.index }));
  return rows.map((row) =>
    Object.fromEntries(
      columns.map(({ name, from }, i) => [name, row.slice(from, columns[i + 1]?.from ?? row.length).trim()]),
    ),
  );
}
