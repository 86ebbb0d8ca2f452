import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { eventually } from './eventually.js';

/** A Docker Engine to use. */
export interface DockerEngine {
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
export async function findOrStartEngine(): Promise<DockerEngine> {
  const host = process.env.DOCKER_HOST;
  if (await answers(host)) return { host: host ?? 'unix:///var/run/docker.sock', stop: async () => undefined };
  const wanted = `The test needs a Docker Engine, and none answers${host === undefined ? '' : ` at ${host}`}.`;
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

async function startEngine(dockerd: string): Promise<DockerEngine> {
  const directory = await mkdtemp(join(tmpdir(), 'everynode-docker-'));
  const removed = () => rm(directory, { recursive: true, force: true });
  try {
    const { host, child } = await runEngine(dockerd, directory, []);
    const stop = async (): Promise<void> => {
      await ended(child);
      await removed();
    };
    return { host, stop };
  } catch (error) {
    await removed();
    throw error;
  }
}

/** Runs an engine whose files are in a directory. Resolves when it answers. */
async function runEngine(
  dockerd: string,
  directory: string,
  network: readonly string[],
): Promise<{ host: string; child: ChildProcess }> {
  const host = `unix://${join(directory, SOCKET)}`;
  const child = spawn(
    dockerd,
    [
      ...['--data-root', join(directory, 'data'), '--exec-root', join(directory, 'exec')],
      ...['--pidfile', join(directory, 'pid'), '--host', host, '--storage-driver', 'overlay2'],
      ...network,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  let log = '';
  child.stderr.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-4000);
  });
  try {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error('dockerd ended');
      if (!(await answers(host))) throw new Error('dockerd does not answer yet');
    }, 30_000);
    return { host, child };
  } catch (error) {
    await ended(child);
    throw new Error(`dockerd cannot run here:\n${log}`, { cause: error });
  }
}

const SOCKET = 'docker.sock';

/**
 * An engine that a test has for itself, so that it may stop it. Its bridge is its own, and it changes no rules of the
 * machine's packet filter: another engine may run beside it. Only root can have one, on Linux.
 */
export class OwnEngine {
  readonly socket: string;
  readonly #dockerd: string;
  readonly #directory: string;
  readonly #bridge: string;
  #child: ChildProcess | undefined;

  private constructor(dockerd: string, directory: string, bridge: string) {
    this.#dockerd = dockerd;
    this.#directory = directory;
    this.#bridge = bridge;
    this.socket = join(directory, SOCKET);
  }

  static async begin(): Promise<OwnEngine> {
    const dockerd = await findOrInstallDockerd();
    if ((await execa('ip', ['-V'], { reject: false })).failed) await aptInstall('iproute2');
    const directory = await mkdtemp(join(tmpdir(), 'everynode-docker-'));
    const [a = 0, b = 0] = randomBytes(2);
    const bridge = `en-${a}-${b}`;
    await execa('ip', ['link', 'add', bridge, 'type', 'bridge']);
    const engine = new OwnEngine(dockerd, directory, bridge);
    try {
      // Of 198.18.0.0/15, which is for tests of networks (RFC 2544).
      await execa('ip', ['address', 'add', `198.${18 + (a & 1)}.${b}.1/24`, 'dev', bridge]);
      await execa('ip', ['link', 'set', bridge, 'up']);
      await engine.start();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  async start(): Promise<void> {
    const network = ['--bridge', this.#bridge, '--iptables=false', '--ip-masq=false'];
    this.#child = (await runEngine(this.#dockerd, this.#directory, network)).child;
  }

  /** Stops it in good order, as a service is stopped: it then stops what it runs. */
  async stop(): Promise<void> {
    if (this.#child) await ended(this.#child);
    this.#child = undefined;
  }

  async close(): Promise<void> {
    await this.stop();
    await execa('ip', ['link', 'delete', this.#bridge], { reject: false });
    // An engine leaves the network of the machine mounted that containers have shared.
    await execa('umount', [join(this.#directory, 'exec', 'netns', 'default')], { reject: false });
    await rm(this.#directory, { recursive: true, force: true });
  }
}

/** Whether {@link OwnEngine} can be had here. */
export const mayStartEngine = async (): Promise<boolean> =>
  process.platform === 'linux' && process.getuid?.() === 0 && (await maySystemAdmin());

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
