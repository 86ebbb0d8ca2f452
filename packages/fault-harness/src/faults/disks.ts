import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Fault } from './fault.js';
import { inLoop } from './in-loop.js';

const MiB = 1024 * 1024;

/** What a server frees meanwhile is taken again so soon, in ms. */
const EVERY_MS = 200;

async function fill(file: FileHandle): Promise<void> {
  for (const size of [MiB, 4096]) {
    const block = Buffer.alloc(size, 1);
    // Ends with ENOSPC, which is what is wanted.
    for (let failed = false; !failed; )
      failed = await file.write(block).then(
        ({ bytesWritten }) => bytesWritten < size,
        () => true,
      );
  }
}

function full(server: 'postgres' | 'nats', size: number): Fault {
  return {
    name: `${server}-disk-full`,
    about: `no byte is free on the disk of ${server} (a tmpfs; needs root)`,
    holdMs: [8000, 20_000],
    isDefault: true,
    isShort: false,
    touches: [server],
    disks: { [server]: size },
    missing: () =>
      Promise.resolve(process.getuid?.() === 0 ? undefined : 'only root may mount the small disk that is to be filled'),
    async inject({ cluster }) {
      const filler = join(cluster.stateDir, server, 'filler');
      const file = await open(filler, 'w');
      await fill(file);
      const filling = inLoop(() => fill(file), EVERY_MS);
      const heal = async (): Promise<void> => {
        await filling.heal();
        await file.close();
        await rm(filler);
      };
      return { target: server, heal };
    },
  };
}

export const diskFaults: readonly Fault[] = [full('postgres', 512), full('nats', 96)];
