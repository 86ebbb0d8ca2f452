import { mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BusCredential, connectionProof } from '@everynode/bus-credentials';
import { inboxPrefix, streams, subjects } from '@everynode/contract';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningNats, startNats } from './nats.js';

describe('startNats', { timeout: 30_000 }, () => {
  let root: string;
  let nats: RunningNats;
  const connections: NatsConnection[] = [];
  const as = async (credential: BusCredential, prefix = '_INBOX') => {
    const proof = await connectionProof(credential);
    const connection = await connect({ servers: nats.url, ...proof, inboxPrefix: prefix, reconnect: false });
    connections.push(connection);
    return connection;
  };
  const asAgent = async (agent: string) => as(await nats.addAgent(agent), inboxPrefix(agent));

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-nats-'));
    nats = await startNats({ dir: join(root, 'nats'), agents: ['agent-1', 'agent-2'] });
    const services = await as(nats.services);
    const manager = await jetstreamManager(services);
    for (const { name, subjects: of } of [streams.commands, streams.reports]) {
      await manager.streams.add({ name, subjects: [...of], storage: 'memory' });
    }
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(async () => {
    await nats.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('acknowledges the reports of an agent, and delivers its commands, its receipts and the answers to it', async () => {
    const [agent, services] = [await asAgent('agent-1'), await as(nats.services)];
    const ack = await jetstream(agent).publish(subjects.report('agent-1', 'pod-status'), '{}');
    expect(ack.stream).toBe(streams.reports.name);
    const heard: string[] = [];
    for (const subject of [subjects.commandsOf('agent-1'), subjects.receiptsOf('agent-1')]) {
      agent.subscribe(subject, { callback: (_error, message) => void heard.push(message.string()) });
    }
    await agent.flush();
    await jetstream(services).publish(subjects.command('agent-1', 'pod-assigned'), 'command');
    services.publish(subjects.receipt('agent-1', 'report-stored'), 'receipt');
    await services.flush();
    await agent.flush();
    expect(heard).toEqual(['command', 'receipt']);
    services.subscribe(subjects.allRequests('list-pods'), {
      callback: (_error, message) => void message.respond('pods'),
    });
    await services.flush();
    const answer = await agent.request(subjects.request('agent-1', 'list-pods'), '', { timeout: 5000 });
    expect(answer.string()).toBe('pods');
  });

  it('adds agents while it runs, and refuses a name that would widen the fence', async () => {
    const added = await Promise.all([nats.addAgent('agent-3'), nats.addAgent('agent-4'), nats.addAgent('agent-3')]);
    expect(added[0]).toEqual(added[2]);
    expect(added[0]).not.toEqual(added[1]);
    await (await asAgent('agent-4')).flush();
    for (const name of ['*', '>', 'a.b', '']) await expect(nats.addAgent(name)).rejects.toThrow(/not an agent name/);
  });

  it('refuses clients without a credential, and those without TLS', async () => {
    const { tls } = await connectionProof(nats.services);
    await expect(connect({ servers: nats.url, tls, reconnect: false })).rejects.toThrow(/authorization/i);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connectSocket(nats.port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk: Buffer) => {
        if (text === '') socket.write('CONNECT {"verbose":true}\r\nPING\r\n');
        text += chunk.toString();
      });
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/"tls_required":true/);
    expect(answer).not.toMatch(/PONG|\+OK/);
  });

  it('is not believed by a client that trusts another authority', async () => {
    const other = await startNats({ dir: join(root, 'other') });
    try {
      const credential = { ...nats.services, caFile: other.services.caFile };
      await expect(as(credential)).rejects.toThrow(/certificate|self-signed/i);
    } finally {
      await other.stop();
    }
  });

  it('keeps secrets to files of their own, which nothing else of it contains', async () => {
    const dir = join(root, 'nats');
    const folder = join(dir, 'credentials');
    const files = [join(dir, 'authority'), ...(await readdir(folder)).map((name) => join(folder, name))];
    const secrets = files.filter((file) => !file.endsWith('.crt'));
    const texts = await Promise.all(secrets.map((file) => readFile(file, 'utf8')));
    const seeds = texts.map((text) => /SU[A-Z2-7]{56}/.exec(text)?.[0] ?? text.trim());
    expect(new Set(seeds).size).toBe(secrets.length);
    const [config, log] = await Promise.all(['nats.conf', 'nats.log'].map((name) => readFile(join(dir, name), 'utf8')));
    for (const file of secrets) expect((await stat(file)).mode & 0o777).toBe(0o600);
    for (const seed of seeds) expect(`${config}${log}`).not.toContain(seed);
    expect(config).not.toMatch(/SU[A-Z2-7]{56}/);
  });

  it('opens no monitoring port', async () => {
    expect(await readFile(join(root, 'nats', 'nats.conf'), 'utf8')).not.toMatch(/^(http|monitor)/m);
    expect(await readFile(join(root, 'nats', 'nats.log'), 'utf8')).not.toMatch(/monitor/i);
  });

  it('keeps accounts and keys over a restart, and streams not', async () => {
    const before = await readFile((await nats.addAgent('agent-1')).credentialsFile, 'utf8');
    await nats.accounts.revoke('agent-2');
    await nats.stop();
    nats = await startNats({ dir: join(root, 'nats') });
    const seed = (text: string) => /SU[A-Z2-7]{56}/.exec(text)?.[0];
    const credential = await nats.addAgent('agent-1');
    expect(seed(await readFile(credential.credentialsFile, 'utf8'))).toBe(seed(before));
    await (await as(credential, inboxPrefix('agent-1'))).flush();
    expect(await (await jetstreamManager(await as(nats.services))).streams.names().next()).toEqual([]);
  });
});
