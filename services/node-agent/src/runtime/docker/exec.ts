import { setTimeout as pause } from 'node:timers/promises';
import type { Engine } from './engine.js';
import { framesOf } from './engine-stream.js';

interface ExecResult {
  code: number;
  output: string;
  isTimedOut: boolean;
}

/** The engine notes the end of a command a moment after its output has ended: it is asked so often. */
const LOOKS = 50;
const LOOK_MS = 20;

/**
 * Runs a command in a container to its end, and returns what it wrote, up to `maxBytes`. After `timeoutMs` it is not
 * waited for any more; an engine cannot kill it. @throws Error where the engine does not run it.
 */
export async function runInContainer(
  engine: Engine,
  id: string,
  command: string[],
  { timeoutMs, maxBytes }: { timeoutMs: number; maxBytes: number },
): Promise<ExecResult> {
  const attached = { AttachStdin: false, AttachStdout: true, AttachStderr: true };
  const { id: exec, stream } = await engine.exec(id, { Cmd: command, Tty: false, ...attached });
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    stream.destroy();
  }, timeoutMs);
  const chunks: Buffer[] = [];
  let left = maxBytes;
  try {
    for await (const { bytes } of framesOf(stream, false)) {
      if (left > 0) chunks.push(bytes.subarray(0, left));
      left -= bytes.length;
    }
  } catch (error) {
    if (!isTimedOut) throw error;
  } finally {
    clearTimeout(timer);
    stream.destroy();
  }
  const output = Buffer.concat(chunks).toString('utf8');
  return { code: isTimedOut ? 0 : await exitCodeOf(engine, exec), output, isTimedOut };
}

/** The exit code of a command whose output has ended. @throws Error where it goes on without one. */
export async function exitCodeOf(engine: Engine, exec: string): Promise<number> {
  for (let look = 0; look < LOOKS; look += 1) {
    const { Running, ExitCode } = await engine.execState(exec);
    if (!Running && ExitCode !== null) return ExitCode;
    await pause(LOOK_MS);
  }
  throw new Error('the command has closed its output, and has not ended');
}
