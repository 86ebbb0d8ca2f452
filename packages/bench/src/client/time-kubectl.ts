import { spawn } from 'node:child_process';

interface KubectlTimes {
  firstByteMs: number;
  totalMs: number;
  lines: number;
}

/**
 * Runs `$KUBECTL`, or else the kubectl on PATH, and measures when it begins to print. Resolves with undefined when
 * there is none.
 * @throws Error when it fails.
 */
export function timeKubectl(
  kubeconfig: string,
  args: string[],
  signal: AbortSignal,
): Promise<KubectlTimes | undefined> {
  return new Promise((resolve, reject) => {
    const began = performance.now();
    const child = spawn(process.env.KUBECTL ?? 'kubectl', ['--kubeconfig', kubeconfig, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      signal,
    });
    let firstByteMs: number | undefined;
    let lines = 0;
    let trouble = '';
    child.stdout.on('data', (bytes: Buffer) => {
      firstByteMs ??= performance.now() - began;
      for (const byte of bytes) if (byte === 10) lines += 1;
    });
    child.stderr.on('data', (bytes: Buffer) => {
      trouble += bytes.toString();
    });
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(undefined);
      else reject(error);
    });
    child.once('close', (code) => {
      const totalMs = performance.now() - began;
      if (code === 0) resolve({ firstByteMs: firstByteMs ?? totalMs, totalMs, lines });
      else reject(new Error(`kubectl ${args.join(' ')}: exit code ${code}: ${trouble.slice(0, 300)}`));
    });
  });
}
