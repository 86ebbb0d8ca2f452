import { join } from 'node:path';
import { readIfPresent } from '@everynode/service-shell/private-files';
import { recordedProcesses } from '../process/pid-file.js';
import { holderOf } from '../process/single-run.js';
import type { StatePaths } from './state-directory.js';

/** What the files of a state directory tell of a stack, whether or not its supervisor answers. */
export interface KnownAddresses {
  /** Of the supervisor; undefined when none is alive. */
  supervisor: number | undefined;
  /** Of the stack's own Postgres, with user and password; undefined when it never ran. */
  databaseUrl: string | undefined;
  /** Of the stack's own NATS server, with the credential of the services. */
  nats: { url: string; credential: { credentialsFile: string; caFile: string } } | undefined;
  processes: { name: string; pid: number; healthPort: number }[];
  /** Directories of the data. */
  dataDirectories: { postgres: string; nats: string };
}

/** Line numbers of postmaster.pid, from 0 (`utils/pidfile.h`). */
const PORT_LINE = 3;

/** The address of a Postgres by its own files: TCP, since a path for its socket may be too long for clients. */
async function databaseUrlIn(dir: string): Promise<string | undefined> {
  const [pidFile, password] = await Promise.all([
    readIfPresent(join(dir, 'data', 'postmaster.pid')),
    readIfPresent(join(dir, 'password')),
  ]);
  const port = pidFile?.split('\n')[PORT_LINE]?.trim();
  return port && password ? `postgres://everynode:${password.trim()}@127.0.0.1:${port}/everynode` : undefined;
}

async function natsIn(dir: string): Promise<KnownAddresses['nats']> {
  const config = await readIfPresent(join(dir, 'nats.conf'));
  const address = config?.match(/^listen: "([^"]+)"/m)?.[1];
  const credential = {
    credentialsFile: join(dir, 'credentials', 'service-services.creds'),
    caFile: join(dir, 'credentials', 'ca.crt'),
  };
  return address ? { url: `nats://${address}`, credential } : undefined;
}

export async function knownAddresses(paths: StatePaths): Promise<KnownAddresses> {
  const [supervisor, databaseUrl, nats, processes] = await Promise.all([
    holderOf(paths.run),
    databaseUrlIn(paths.postgres),
    natsIn(paths.nats),
    recordedProcesses(paths.run),
  ]);
  return {
    supervisor,
    databaseUrl,
    nats,
    processes: processes.map(({ name, pid, healthPort }) => ({ name, pid, healthPort })),
    dataDirectories: { postgres: join(paths.postgres, 'data'), nats: paths.nats },
  };
}
