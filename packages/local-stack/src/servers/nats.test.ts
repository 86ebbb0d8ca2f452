import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inboxPrefix, streams, subjects } from '@everynode/contract';
import { AckPolicy, DeliverPolicy, jetstream, jetstreamManager, StorageType } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type RunningNats, startNats } from './nats.js';
import type { NatsUser } from './nats-config.js';

describe('startNats', { timeout: 30_000 }, () => {
  let root: string;
  let nats: RunningNats;
  const connections: NatsConnection[] = [];
  const as = async ({ user, password }: NatsUser, prefix = inboxPrefix(user)) => {
    const connection = await connect({
      servers: nats.url,
      user,
      pass: password,
      inboxPrefix: prefix,
      reconnect: false,
    });
    connections.push(connection);
    return connection;
  };
  /** Sends one message and returns whether the server refused it: refusals come back before the answer to a ping. */
  const refused = async (connection: NatsConnection, subject: string) => {
    const errors: string[] = [];
    const listening = (async () => {
      for await (const status of connection.status()) if (status.type === 'error') errors.push(String(status.error));
    })();
    connection.publish(subject, '{}');
    await connection.flush();
    await connection.close();
    await listening;
    return errors.some((error) => /permission/i.test(error));
  };

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'everynode-nats-'));
    nats = await startNats({ dir: join(root, 'nats'), agents: ['agent-1', 'agent-2'] });
    const connection = await connect({ servers: nats.url, user: nats.services.user, pass: nats.services.password });
    const manager = await jetstreamManager(connection);
    await manager.streams.add({
      name: streams.commands.name,
      subjects: [...streams.commands.subjects],
      storage: StorageType.File,
    });
    await jetstream(connection).publish(subjects.command('agent-1', 'pod-assigned'), 'one');
    await jetstream(connection).publish(subjects.command('agent-2', 'pod-assigned'), 'two');
    await connection.close();
  });
  afterEach(async () => {
    await Promise.all(connections.splice(0).map((connection) => connection.close()));
  });
  afterAll(async () => {
    await nats.stop();
    await rm(root, { recursive: true, force: true });
  });

  it('lets an agent publish on its own subjects only', async () => {
    const one = await nats.addAgent('agent-1');
    expect(await refused(await as(one), subjects.report('agent-1', 'pod-status'))).toBe(false);
    expect(await refused(await as(one), subjects.report('agent-2', 'pod-status'))).toBe(true);
    expect(await refused(await as(one), subjects.receipt('agent-2', 'report-stored'))).toBe(true);
    expect(await refused(await as(one), subjects.allManifests.replace('>', 'nodes._'))).toBe(true);
    expect(await refused(await as(one), '$JS.API.STREAM.DELETE.EVERYNODE_COMMANDS')).toBe(true);
  });

  it('lets an agent read its own commands from the stream, and no other', async () => {
    const one = await as(await nats.addAgent('agent-1'));
    const consumer = await jetstream(one).consumers.get(streams.commands.name, {
      filter_subjects: subjects.commandsOf('agent-1'),
      deliver_policy: DeliverPolicy.All,
    });
    const message = await consumer.next({ expires: 5000 });
    expect(message?.string()).toBe('one');

    const manager = await jetstreamManager(one);
    await expect(
      manager.consumers.add(streams.commands.name, {
        name: 'curious',
        filter_subject: subjects.commandsOf('agent-2'),
        ack_policy: AckPolicy.None,
      }),
    ).rejects.toThrow(/permission/i);
    // The subject of the request claims its own filter, the body asks for another: the server compares them.
    const reply = await one.request(
      `$JS.API.CONSUMER.CREATE.${streams.commands.name}.sly.${subjects.commandsOf('agent-1')}`,
      JSON.stringify({
        stream_name: streams.commands.name,
        config: { name: 'sly', filter_subject: subjects.commandsOf('agent-2'), ack_policy: 'none' },
      }),
    );
    expect(reply.json()).toHaveProperty('error');
  });

  it('lets an agent receive what it is told of its own reports', async () => {
    const one = await as(await nats.addAgent('agent-1'));
    const services = await as(nats.services);
    const subject = subjects.receipt('agent-1', 'report-stored');
    const received = new Promise<string>((resolve, reject) => {
      one.subscribe(subject, { callback: (error, message) => (error ? reject(error) : resolve(message.string())) });
    });
    await one.flush();
    services.publish(subject, 'stored');
    expect(await received).toBe('stored');
  });

  it('does not let an agent listen to others', async () => {
    const one = await as(await nats.addAgent('agent-1'));
    const others = [subjects.commandsOf('agent-2'), subjects.receipt('agent-2', 'report-stored')];
    for (const subject of ['>', ...others, `${inboxPrefix('agent-2')}.>`]) {
      const refusal = new Promise<Error | null>((resolve) => one.subscribe(subject, { callback: resolve }));
      expect(String(await refusal)).toMatch(/permission/i);
    }
  });

  it('adds agents while it runs, and refuses a name that would widen the fence', async () => {
    const added = await Promise.all([nats.addAgent('agent-3'), nats.addAgent('agent-4'), nats.addAgent('agent-3')]);
    expect(added[0]).toEqual(added[2]);
    expect(await refused(await as(added[1]), subjects.report('agent-4', 'pod-status'))).toBe(false);
    for (const name of ['*', '>', 'a.b', nats.services.user]) {
      await expect(nats.addAgent(name)).rejects.toThrow(/not an agent name/);
    }
  });

  it('refuses clients without a password, and keeps its files to itself', async () => {
    await expect(connect({ servers: nats.url, reconnect: false })).rejects.toThrow(/authorization/i);
    for (const file of ['users.conf', 'passwords.json', 'nats.conf']) {
      expect((await stat(join(root, 'nats', file))).mode & 0o777).toBe(0o600);
    }
  });

  it('keeps users and streams on disk over a restart', async () => {
    const before = await nats.addAgent('agent-1');
    await nats.stop();
    nats = await startNats({ dir: join(root, 'nats') });
    expect(await nats.addAgent('agent-1')).toEqual(before);
    const connection = await as(nats.services, '_INBOX');
    const info = await (await jetstreamManager(connection)).streams.info(streams.commands.name);
    expect(info.state.messages).toBe(2);
  });
});
