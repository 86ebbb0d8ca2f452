import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningNats, startNats } from '@everynode/local-stack';

/** A nats-server that a test may break. */
export interface TestNats extends RunningNats {
  /** Stops it, deletes all that it has stored, and starts it on the same port. */
  restartEmpty(): Promise<void>;
}

/** Starts a nats-server for one test file. Its directory is deleted when it stops. */
export async function startTestNats(agents: string[] = []): Promise<TestNats> {
  const dir = await mkdtemp(join(tmpdir(), 'everynode-test-nats-'));
  let server = await startNats({ dir, agents });
  return {
    ...server,
    get pid() {
      return server.pid;
    },
    restartEmpty: async () => {
      await server.stop();
      await rm(join(dir, 'jetstream'), { recursive: true });
      server = await startNats({ dir, port: server.port });
    },
    stop: async () => {
      await server.stop();
      await rm(dir, { recursive: true, force: true });
    },
  };
}
