import { operatorJwt, servicesAccountJwt, systemAccountJwt } from './accounts.js';
import type { BusAuthority } from './bus-authority.js';

const quoted = (text: string) => JSON.stringify(text);

export interface ServerOptions {
  /** `127.0.0.1:4222`. */
  listen: string;
  authority: BusAuthority;
  /** The server keeps the accounts of agents in this directory. They are no secrets. */
  accountsDir: string;
  /** PEM files of the server's certificate. */
  tls: { certificateFile: string; keyFile: string };
  /** Of JetStream. Streams are in memory. */
  storeDir: string;
  pidFile?: string;
  /** Of the monitoring port, on loopback; none by default. */
  monitoringPort?: number;
}

/**
 * The configuration of a server that trusts one authority. It contains public keys only. `now` is in ms since 1970.
 * Understood by nats-server 2.9 and later. Pure.
 */
export function serverConfig(options: ServerOptions, now: number): string {
  const { accountsDir, authority, monitoringPort, pidFile, storeDir, tls } = options;
  const { services, system } = authority;
  return [
    `listen: ${quoted(options.listen)}`,
    'server_name: "everynode"',
    ...(pidFile === undefined ? [] : [`pid_file: ${quoted(pidFile)}`]),
    ...(monitoringPort === undefined ? [] : [`http: "127.0.0.1:${monitoringPort}"`]),
    'max_payload: 8MB',
    // A slow reader of a burst at ten thousand nodes is no reason to cut it off.
    'max_pending: 256MB',
    'write_deadline: "30s"',
    // A connection that died in silence counts against its account until two pings were not answered.
    'ping_interval: "10s"',
    'logtime: true',
    `tls { cert_file: ${quoted(tls.certificateFile)}, key_file: ${quoted(tls.keyFile)}, timeout: 5 }`,
    `jetstream { store_dir: ${quoted(storeDir)}, max_memory_store: 1GB, max_file_store: 10GB }`,
    `operator: ${operatorJwt(authority, now)}`,
    `system_account: ${system.publicKey}`,
    `resolver: { type: full, dir: ${quoted(accountsDir)}, allow_delete: false }`,
    'resolver_preload: {',
    `  ${system.publicKey}: ${systemAccountJwt(authority, now)}`,
    `  ${services.publicKey}: ${servicesAccountJwt(authority, now)}`,
    '}',
    '',
  ].join('\n');
}
