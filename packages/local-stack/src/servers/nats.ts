import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../process/free-port.js';
import { startGuarded } from '../process/guarded-process.js';
import type { LivenessAnswer } from '../process/liveness.js';
import { sendSignal, stopStaleProcess } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { lastLines, sizeOf } from '../state/log-files.js';
import { makePrivateDirectory, randomSecret, readIfPresent, writeSecretFile } from '../state/private-files.js';
import { findNatsServer } from './nats-binary.js';
import { agentFence, type NatsUser, SERVICES_USER, serverConfig, usersConfig } from './nats-config.js';
import { natsProbe } from './nats-probe.js';

const START_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const START_ATTEMPTS = 3;

export interface NatsOptions {
  /** Holds the configuration, JetStream's directory, the passwords and the log. Made when missing; kept over runs. */
  dir: string;
  /** Agents that get their users at the start; `addAgent` adds more later. */
  agents?: string[];
  /** Receives, in a few words, what is being done. */
  log?: (message: string) => void;
  /** Default: `nats.log` in `dir`. */
  logFile?: string;
  /** The server listens on this port; without it on a free one. */
  port?: number;
}

export interface RunningNats {
  /** Without credentials. */
  url: string;
  port: number;
  pid: number;
  /** The user of the services, which may do everything. */
  services: NatsUser;
  /**
   * The user of an agent, made when it is new (its name is the user's name). It is fenced to the agent's own subjects.
   * The server knows the user when this resolves.
   */
  addAgent(agent: string): Promise<NatsUser>;
  /** Resolves when the server has ended, asked to or not. */
  exited: Promise<number>;
  /** Whether it and its JetStream answer; never rejects. */
  probe(): Promise<LivenessAnswer>;
  /** Ends it at once. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function accepts(port: number, { user, password }: NatsUser): Promise<boolean> {
  try {
    const connection = await connect({
      servers: `127.0.0.1:${port}`,
      user,
      pass: password,
      reconnect: false,
      timeout: 2000,
    });
    await connection.close();
    return true;
  } catch {
    return false; // Not up yet, or does not know the user yet: the caller asks again until its deadline.
  }
}

const configIn = (dir: string) => join(dir, 'nats.conf');
const pidFileIn = (dir: string) => join(dir, 'nats.pid');

/** Ends a server that a killed run left on this directory. */
export async function stopLeftoverNats(dir: string): Promise<void> {
  const pid = Number(await readIfPresent(pidFileIn(dir)));
  if (pid > 0) await stopStaleProcess({ pid, marker: configIn(dir), signal: 'SIGTERM', graceMs: STOP_GRACE_MS });
}

/** Removes the users and passwords of a server that this process does not run. */
export async function dropNatsData(dir: string): Promise<void> {
  await stopLeftoverNats(dir);
  await rm(dir, { recursive: true, force: true });
}

/**
 * Starts a NATS server with JetStream on a free loopback port, with a user for the services and one for each agent.
 * It ends with this process at the latest. Users are there again after a restart; streams are in memory and are not.
 * @throws Error with the end of the server's log when it does not come up.
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  const { dir, log = () => undefined } = options;
  const configFile = configIn(dir);
  const usersFile = join(dir, 'users.conf');
  const passwordsFile = join(dir, 'passwords.json');
  const pidFile = pidFileIn(dir);
  const logFile = options.logFile ?? join(dir, 'nats.log');

  await makePrivateDirectory(dir);
  const program = await findNatsServer(log);
  await stopLeftoverNats(dir);

  // By user name, kept on disk between runs.
  const passwords = new Map(Object.entries<string>(JSON.parse((await readIfPresent(passwordsFile)) ?? '{}')));
  const userOf = (user: string): NatsUser => {
    const password = passwords.get(user) ?? randomSecret();
    passwords.set(user, password);
    return { user, password };
  };
  const services = userOf(SERVICES_USER);
  const agentNames = () => [...passwords.keys()].filter((name) => name !== SERVICES_USER);
  const writeUsers = async () => {
    await writeSecretFile(passwordsFile, `${JSON.stringify(Object.fromEntries(passwords), null, 2)}\n`);
    await writeSecretFile(usersFile, usersConfig(services, agentNames().map(userOf)));
  };
  for (const agent of options.agents ?? []) userOf(agent);
  await writeUsers();

  const launch = async (port: number): Promise<RunningNats> => {
    await rm(pidFile, { force: true });
    const logStart = await sizeOf(logFile);
    const config = serverConfig({ port, storeDir: join(dir, 'jetstream'), pidFile, usersFile: 'users.conf' });
    await writeSecretFile(configFile, config);
    const server = startGuarded({
      command: program,
      args: ['--config', configFile],
      logFile,
      env: { PATH: process.env.PATH ?? '' },
      stopSignal: 'SIGTERM',
    });
    const pid = await waitUntil(
      async () => {
        if (!server.running) throw new Error(`nats-server did not start:\n${await lastLines(logFile, 12, logStart)}`);
        return (await accepts(port, services)) && Number(await readIfPresent(pidFile));
      },
      { what: `nats-server (log: ${logFile})`, deadlineMs: START_DEADLINE_MS },
    ).catch(async (error: unknown) => {
      await server.stop(STOP_GRACE_MS);
      throw error;
    });

    // One reload at a time: each writes the whole list of users.
    let reloads: Promise<unknown> = Promise.resolve();
    const reload = async (added: NatsUser) => {
      await writeUsers();
      sendSignal(pid, 'SIGHUP');
      await waitUntil(
        () => {
          if (!server.running) throw new Error('nats-server has ended');
          return accepts(port, added);
        },
        { what: `nats-server to know the user ${added.user} (log: ${logFile})`, deadlineMs: 10_000, everyMs: 50 },
      );
    };

    return {
      url: `nats://127.0.0.1:${port}`,
      port,
      pid,
      services,
      addAgent: async (agent) => {
        agentFence(agent); // Refuses a bad name before it is written anywhere.
        const known = passwords.has(agent);
        const user = userOf(agent);
        const turn = known ? reloads : reloads.then(() => reload(user));
        reloads = turn.catch(() => undefined);
        await turn;
        return user;
      },
      exited: server.exited,
      probe: natsProbe(port, services),
      kill: async () => {
        sendSignal(pid, 'SIGKILL');
        await server.exited;
      },
      stop: () => server.stop(STOP_GRACE_MS),
    };
  };

  for (let attempt = 1; ; attempt += 1) {
    try {
      return await launch(options.port ?? (await freePort()));
    } catch (error) {
      // Another program may use the port since it was found free.
      if (attempt === START_ATTEMPTS || !String(error).includes('address already in use')) throw error;
      await delay(250);
    }
  }
}
