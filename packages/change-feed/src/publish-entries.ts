import { type Bus, NDJSON_TYPE } from '@everynode/bus';
import {
  encodeChange,
  eventType,
  isAgentName,
  type JournalEntry,
  type ManifestApplied,
  type PodTerminating,
  rangeId,
  subjects,
} from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { type AgentCommands, assignedBody, commandsFrom } from './agent-commands.js';
import { chunksBySize } from './message-chunks.js';

/** What publishing needs. */
export interface Publishing {
  bus: Pick<Bus, 'publish' | 'connected'>;
  /** `ce-source` of the messages: the publishing process. */
  source: string;
  /** Returns the agent that hosts a node; undefined when none is known here. */
  agentOf: (node: string) => string | undefined;
  /** Encrypts what may not be read on the bus. */
  store: Pick<Store, 'sealEntry'>;
  log: Logger;
}

/**
 * Publishes entries that follow each other without a gap. Resolves when the bus has stored all messages.
 *
 * Changes go last, and the messages of one connection arrive in their order: a change on the bus means that the
 * commands which follow from it are there too, even when their publisher has died since. Message ids are made of
 * revisions, so that the bus mostly stores a message once that is published twice. A second copy does no harm.
 */
export async function publishEntries(to: Publishing, entries: readonly JournalEntry[]): Promise<void> {
  const first = entries[0];
  const last = entries.at(-1);
  if (!first || !last) return;
  // Each publish is on its way before the next; together they cost one round trip.
  await Promise.all([
    ...commandsFrom(entries, to.agentOf).flatMap((forAgent) =>
      publishCommands(to, forAgent, first.revision, last.revision),
    ),
    ...entries.filter(isManifest).map((entry) => publishManifest(to, entry)),
    ...publishChanges(to, entries),
  ]);
}

/** Sends an agent an empty command, so that it asks for its list of pods: commands may have been lost. */
export async function askToResync({ bus, source }: Publishing, agent: string, revision: number): Promise<void> {
  if (!isAgentName(agent)) return;
  // Without an id of its own: the same question has to arrive again after the stream has lost it.
  const event = { type: eventType('pod-assigned'), source };
  await bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, []));
}

function publishChanges({ bus, source, store }: Publishing, entries: readonly JournalEntry[]): Promise<void>[] {
  return chunksBySize(entries.map((entry) => encodeChange(store.sealEntry(entry)))).map(({ from, texts }) => {
    const first = entries[from]?.revision ?? 0;
    const id = rangeId({ first, last: first + texts.length - 1 });
    const event = { type: eventType('objects-changed'), source, id, contentType: NDJSON_TYPE };
    return bus.publish(subjects.objectsChanged, event, texts.join(''));
  });
}

function publishCommands(
  { bus, source, log }: Publishing,
  { agent, assigned, terminating }: AgentCommands,
  first: number,
  revision: number,
): Promise<void>[] {
  if (!isAgentName(agent)) {
    log.warn({ agent }, 'a node names an agent that cannot exist');
    return [];
  }
  const published: Promise<void>[] = [];
  // Both ends: a batch of the relay may end where a writer's batch ends, and must not be taken for that batch.
  const idOf = (from: number): string => `${agent}-${first}-${revision}-${from}`;
  for (const { from, texts } of chunksBySize(assigned)) {
    const event = { type: eventType('pod-assigned'), source, id: `assigned-${idOf(from)}` };
    published.push(bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, texts)));
  }
  for (const { from, texts } of chunksBySize(terminating.map((pod) => JSON.stringify(pod)))) {
    const event = { type: eventType('pod-terminating'), source, id: `terminating-${idOf(from)}` };
    const body: PodTerminating = { revision, pods: terminating.slice(from, from + texts.length) };
    published.push(bus.publish(subjects.command(agent, 'pod-terminating'), event, JSON.stringify(body)));
  }
  return published;
}

function publishManifest({ bus, source }: Publishing, entry: JournalEntry): Promise<void> {
  const { resource, namespace, name, uid, revision } = entry;
  const operation = entry.type === 'ADDED' ? 'created' : entry.type === 'DELETED' ? 'deleted' : 'updated';
  const body: ManifestApplied = { resource, namespace, name, uid, revision, operation };
  const id = `manifest-${revision}`;
  const event = { type: eventType('manifest-applied'), source, id, subject: `${namespace}/${name}` };
  return bus.publish(subjects.manifestApplied(resource, namespace), event, JSON.stringify(body));
}

/** True for a change of what a user desires: of a DaemonSet's manifest, and not of its status. */
function isManifest(entry: JournalEntry): boolean {
  return (
    entry.resource === 'daemonsets.apps' &&
    (entry.type !== 'MODIFIED' || entry.changed.desired || entry.changed.metadata)
  );
}
