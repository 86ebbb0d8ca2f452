import { type ChildProcess, spawn } from 'node:child_process';
import { access, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '@everynode/test-kit';
import { execa } from 'execa';

/** A Docker Engine to use, or why there is none. */
export type Engine = { kind: 'running'; host: string; stop: () => Promise<void> } | { kind: 'none'; because: string };

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

/**
 * The engine that answers; else one of our own, which takes root and a dockerd. On CI a missing dockerd is installed;
 * on anybody's own machine nothing is.
 */
export async function findOrStartEngine(): Promise<Engine> {
  const host = process.env.DOCKER_HOST;
  if (await answers(host)) {
    return { kind: 'running', host: host ?? 'unix:///var/run/docker.sock', stop: async () => undefined };
  }
  if (process.platform !== 'linux') return { kind: 'none', because: 'no Docker Engine answers: start Docker Desktop' };
  if (process.getuid?.() !== 0) {
    return { kind: 'none', because: 'no Docker Engine answers, and only root can start one: start Docker first' };
  }
  let dockerd = await firstThatExists(DOCKERD);
  if (!dockerd && process.env.CI === 'true') {
    await execa('apt-get', ['install', '-y', '--no-install-recommends', 'docker.io', 'iptables'], { reject: false });
    dockerd = await firstThatExists(DOCKERD);
  }
  if (!dockerd)
    return { kind: 'none', because: 'no Docker Engine answers and no dockerd is installed: apt-get install docker.io' };
  return await startEngine(dockerd);
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
    return { kind: 'running', host, stop };
  } catch {
    await stop();
    return { kind: 'none', because: `dockerd cannot run here:\n${log}` };
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await exited;
}
