import { spawn } from 'node:child_process';
import { once } from 'node:events';

/**
 * Runs a command line in a terminal of its own, and types. Returns what the terminal showed, and `code N` behind it.
 * `script` (util-linux) makes the terminal.
 */
export async function inTerminal(command: string, typed: string, env: Record<string, string>): Promise<string> {
  const child = spawn('script', ['-qefc', command, '/dev/null'], { env: { ...process.env, ...env } });
  let shown = '';
  child.stdout.on('data', (bytes) => {
    shown += bytes;
  });
  child.stdin.write(typed);
  const [code] = await once(child, 'close');
  return `${shown}code ${code}`;
}
