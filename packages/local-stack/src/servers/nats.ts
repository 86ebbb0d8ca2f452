import { readFile, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  type AgentAccounts,
  type BusAuthority,
  type BusCredential,
  connectionProof,
  serverConfig,
} from '@everynode/bus-credentials';
import { makePrivateDirectory, readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { connect } from '@nats-io/transport-node';
import { freePort } from '../process/free-port.js';
import { startGuarded } from '../process/guarded-process.js';
import type { LivenessAnswer } from '../process/liveness.js';
import { sendSignal, stopStaleProcess } from '../process/process-command.js';
import { waitUntil } from '../process/wait-until.js';
import { type ClusterCertificates, ensureCertificates } from '../state/certificates.js';
import { lastLines, sizeOf } from '../state/log-files.js';
import { CredentialIssuer, ensureAuthority } from './bus-credentials.js';
import { findNatsServer } from './nats-binary.js';
import { natsProbe } from './nats-probe.js';

const START_DEADLINE_MS = 30_000;
const STOP_GRACE_MS = 10_000;
const START_ATTEMPTS = 3;

export interface NatsOptions {
  /** Holds the configuration, JetStream's directory, the credentials and the log. Made when missing; kept over runs. */
  dir: string;
  /** The server's certificate and its authority. By default the server has an authority of its own, in `dir`. */
  certificates?: Pick<ClusterCertificates, 'caFile' | 'bus'>;
  /** Agents that get their accounts at the start; `addAgent` adds more later. */
  agents?: string[];
  /** Receives, in a few words, what is being done. */
  log?: (message: string) => void;
  /** Default: `nats.log` in `dir`. */
  logFile?: string;
  /** The server listens on this port; without it on a free one. */
  port?: number;
}

export interface RunningNats {
  url: string;
  port: number;
  pid: number;
  /** A credential with the rights of the services, which may do everything. */
  services: BusCredential;
  /** The credential of one service by name, with the same rights. */
  addService(name: string): Promise<BusCredential>;
  /**
   * The credential of an agent, which is fenced to the agent's own subjects. It is made when it is new, with an account
   * on the server.
   */
  addAgent(agent: string): Promise<BusCredential>;
  /** Changes and revokes accounts of agents. */
  accounts: AgentAccounts;
  /** Signs credentials. */
  authority: BusAuthority;
  /** The certificate authority of the server, as PEM. */
  ca: string;
  /** Resolves when the server has ended, asked to or not. */
  exited: Promise<number>;
  /** Whether it and its JetStream answer; never rejects. */
  probe(): Promise<LivenessAnswer>;
  /** Ends it at once. */
  kill(): Promise<void>;
  stop(): Promise<void>;
}

async function accepts(url: string, credential: BusCredential): Promise<boolean> {
  try {
    const proof = await connectionProof(credential);
    const connection = await connect({ servers: url, ...proof, reconnect: false, timeout: 2000 });
    await connection.close();
    return true;
  } catch {
    return false; // Not up yet: the caller asks again until its deadline.
  }
}

const configIn = (dir: string) => join(dir, 'nats.conf');
/** The file with the secret of the accounts. */
export const authorityIn = (dir: string): string => join(dir, 'authority');
const pidFileIn = (dir: string) => join(dir, 'nats.pid');

/** Ends a server that a killed run left on this directory. */
export async function stopLeftoverNats(dir: string): Promise<void> {
  const pid = Number(await readIfPresent(pidFileIn(dir)));
  if (pid > 0) await stopStaleProcess({ pid, marker: configIn(dir), signal: 'SIGTERM', graceMs: STOP_GRACE_MS });
}

/** Removes the accounts and credentials of a server that this process does not run. */
export async function dropNatsData(dir: string): Promise<void> {
  await stopLeftoverNats(dir);
  await rm(dir, { recursive: true, force: true });
}

/**
 * Starts a NATS server with JetStream on a free loopback port, with TLS, an account for the services and one for each
 * agent. It ends with this process at the latest. Accounts are there again after a restart; streams are in memory and
 * are not.
 * @throws Error with the end of the server's log when it does not come up.
 */
export async function startNats(options: NatsOptions): Promise<RunningNats> {
  const { dir, log = () => undefined } = options;
  const configFile = configIn(dir);
  const pidFile = pidFileIn(dir);
  const logFile = options.logFile ?? join(dir, 'nats.log');

  await makePrivateDirectory(dir);
  const program = await findNatsServer(log);
  await stopLeftoverNats(dir);
  const authority = await ensureAuthority(authorityIn(dir));
  const { bus: tls, caFile } = options.certificates ?? (await ensureCertificates(dir, hostname(), new Date()));
  // Beside the credentials, so that one directory has all that a client of this machine needs.
  const ownCaFile = join(dir, 'credentials', 'ca.crt');
  await makePrivateDirectory(join(dir, 'credentials'));
  const ca = await readFile(caFile, 'utf8');
  await writeSecretFile(ownCaFile, ca);

  const launch = async (port: number): Promise<RunningNats> => {
    const url = `nats://127.0.0.1:${port}`;
    await rm(pidFile, { force: true });
    const logStart = await sizeOf(logFile);
    const config = serverConfig(
      {
        listen: `127.0.0.1:${port}`,
        authority,
        accountsDir: join(dir, 'accounts'),
        tls,
        storeDir: join(dir, 'jetstream'),
        pidFile,
      },
      Date.now(),
    );
    await writeSecretFile(configFile, config);
    const issuer = await CredentialIssuer.open({
      url,
      caFile: ownCaFile,
      authority,
      dir: join(dir, 'credentials'),
      log,
    });
    const services = await issuer.service('services');
    const server = startGuarded({
      command: program,
      args: ['--config', configFile],
      logFile,
      env: { PATH: process.env.PATH ?? '' },
      stopSignal: 'SIGTERM',
    });
    void server.exited.then(() => issuer.close());
    try {
      const pid = await waitUntil(
        async () => {
          if (!server.running) {
            throw new Error(`nats-server did not start:\n${await lastLines(logFile, 12, logStart)}`);
          }
          return (await accepts(url, services)) && Number(await readIfPresent(pidFile));
        },
        { what: `nats-server (log: ${logFile})`, deadlineMs: START_DEADLINE_MS },
      );
      for (const agent of options.agents ?? []) await issuer.agent(agent);
      return {
        url,
        port,
        pid,
        services,
        addService: (name) => issuer.service(name),
        addAgent: (agent) => issuer.agent(agent),
        accounts: issuer.accounts,
        authority,
        ca,
        exited: server.exited,
        probe: natsProbe(url, services),
        kill: async () => {
          sendSignal(pid, 'SIGKILL');
          await server.exited;
        },
        stop: () => server.stop(STOP_GRACE_MS),
      };
    } catch (error) {
      await server.stop(STOP_GRACE_MS);
      throw error;
    }
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
