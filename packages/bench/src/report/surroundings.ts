import { cpus, release, totalmem } from 'node:os';
import type { KubeClient } from '../client/kube-client.js';
import type { OwnCluster } from '../cluster/own-cluster.js';
import { connectToBus } from '../floor/recorded-messages.js';

/** The machine that the bench, and a cluster of ours, runs on. */
export interface Machine {
  cores: number;
  model: string;
  memoryBytes: number;
  kernel: string;
  node: string;
}

export function thisMachine(): Machine {
  const all = cpus();
  return {
    cores: all.length,
    model: all[0]?.model ?? 'unknown',
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
  };
}

/** Settings of Postgres that decide how durable and how fast a commit is. */
const SETTINGS = [
  'fsync',
  'synchronous_commit',
  'full_page_writes',
  'wal_sync_method',
  'wal_level',
  'commit_delay',
  'shared_buffers',
  'max_wal_size',
  'checkpoint_timeout',
];

/** Versions and settings, as the servers of our cluster report them. */
export interface Servers {
  postgres: { version: string; settings: Record<string, string>; dataChecksums: string };
  nats: { version: string; streams: Record<string, string> };
}

export async function askServers(cluster: OwnCluster): Promise<Servers> {
  const { rows } = await cluster.database.query<{ name: string; value: string }>(
    'select name, current_setting(name) as value from pg_settings where name = any($1)',
    [[...SETTINGS, 'server_version', 'data_checksums']],
  );
  const values = new Map(rows.map(({ name, value }) => [name, value]));
  const connection = await connectToBus(cluster);
  try {
    const { jetstreamManager } = await import('@nats-io/jetstream');
    const streams: Record<string, string> = {};
    for await (const { config } of (await jetstreamManager(connection)).streams.list())
      streams[config.name] = config.storage;
    return {
      postgres: {
        version: values.get('server_version') ?? 'unknown',
        dataChecksums: values.get('data_checksums') ?? 'unknown',
        settings: Object.fromEntries(SETTINGS.map((name) => [name, values.get(name) ?? 'unknown'])),
      },
      nats: { version: connection.info?.version ?? 'unknown', streams },
    };
  } finally {
    await connection.close();
  }
}

export async function versionOf(client: KubeClient): Promise<string> {
  return (await client.call<{ gitVersion?: string }>('GET', '/version')).gitVersion ?? 'unknown';
}

export function surroundingsText(machine: Machine, server: string, servers: Servers | undefined): string {
  const { cores, model, memoryBytes, kernel, node } = machine;
  const lines = [
    `machine   ${cores} × ${model.trim()}, ${Math.round(memoryBytes / 2 ** 30)} GiB, Linux ${kernel}, Node ${node}`,
    `server    ${server}`,
  ];
  if (servers) {
    const { postgres, nats } = servers;
    const settings = Object.entries(postgres.settings).map(([name, value]) => `${name}=${value}`);
    lines.push(
      `postgres  ${postgres.version}: ${settings.join(' ')} (as the server says)`,
      `nats      ${nats.version}: ${Object.entries(nats.streams)
        .map(([name, storage]) => `${name.replace('EVERYNODE_', '').toLowerCase()}=${storage}`)
        .join(' ')}`,
    );
  }
  return lines.join('\n');
}
