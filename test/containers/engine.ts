import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { execa } from 'execa';

/** A Docker Engine to use. */
export interface Engine {
  /** For `DOCKER_HOST`. */
  host: string;
  /** Stops an engine that was started here; leaves another one alone. */
  stop(): Promise<void>;
}

const HOW_TO = 'Start Docker (Debian: apt-get install docker.io), or name an engine in DOCKER_HOST.';
const DOCKERD = ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'];

async function answers(host: string | undefined): Promise<boolean> {
  const { failed } = await execa('docker', ['info'], {
    reject: false,
    ...(host !== undefined && { env: { DOCKER_HOST: host } }),
  });
  return !failed;
}

async function firstThatExists(paths: string[]): Promise<string | undefined> {
  for (const path of paths) {
    const found = await access(path).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

async function aptInstall(...packages: string[]): Promise<void> {
  const environment = { DEBIAN_FRONTEND: 'noninteractive' };
  const install = () =>
    execa('apt-get', ['install', '-y', '--no-install-recommends', ...packages], { env: environment });
  await install().catch(async () => {
    await execa('apt-get', ['update'], { env: environment });
    await install();
  });
}

/**
 * The engine's program, and its client on PATH. Root fetches them from the system's archive, as nats-server is fetched.
 */
async function findOrInstallDockerd(): Promise<string> {
  if ((await firstThatExists(DOCKERD)) === undefined) await aptInstall('docker.io', 'iptables');
  // Newer releases have the client in a package of its own.
  if ((await execa('docker', ['--version'], { reject: false })).failed) await aptInstall('docker-cli');
  const dockerd = await firstThatExists(DOCKERD);
  if (dockerd === undefined) throw new Error('the package docker.io has no dockerd');
  return dockerd;
}

/** Mounts file systems, which an engine does for each container. Source: capabilities(7), linux/capability.h. */
const CAP_SYS_ADMIN = 21n;

/** Whether this process may start an engine, if it is root: plain containers take this capability even from root. */
export async function maySystemAdmin(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  if (effective === undefined) throw new Error('/proc/self/status has no CapEff');
  return ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/**
 * Whether there can be no engine here, whatever is installed: none answers, none is named, and this is root without the
 * capability to run one.
 */
export async function isEngineImpossible(): Promise<boolean> {
  const host = process.env.DOCKER_HOST;
  if (host !== undefined || process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  return !(await maySystemAdmin()) && !(await answers(host));
}

/**
 * The engine that answers; else one that is started here, which only root can do, on Linux.
 * @throws Error with how to get one.
 */
export async function findOrStartEngine(): Promise<Engine> {
  const host = process.env.DOCKER_HOST;
  if (await answers(host)) return { host: host ?? 'unix:///var/run/docker.sock', stop: async () => undefined };
  const wanted = `The container test needs a Docker Engine, and none answers${host === undefined ? '' : ` at ${host}`}.`;
  if (host !== undefined || process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error(`${wanted} ${HOW_TO}`);
  }
  try {
    return await startEngine(await findOrInstallDockerd());
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${wanted} ${HOW_TO} Starting one here failed: ${reason}`, { cause: error });
  }
}

async function startEngine(dockerd: string): Promise<Engine> {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-docker-'));
  const host = `unix://${join(directory, 'docker.sock')}`;
  const child = spawn(
    dockerd,
    [
      ...['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec')],
      ...['--pidfile', join(directory, 'pid'), '--host', host, '--storage-driver', 'overlay2'],
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  const stop = async (): Promise<void> => {
    await ended(child);
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error('dockerd ended');
      if (!(await answers(host))) throw new Error('dockerd does not answer yet');
    }, 30_000);
    return { host, stop };
  } catch (error) {
    await stop();
    throw new Error(`dockerd cannot run here:\n${log}`, { cause: error });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
