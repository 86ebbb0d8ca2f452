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
import { type AgentCommands, assignedBody, commandsFrom } from './agent-commands.js';

/** A message's body stays below this, so that it fits a server with the default limit of 1 MiB. */
const MAX_BODY = 700_000;
/** An object above this goes by no message at all; readers see the hole and take it from the journal. */
const MAX_OBJECT = 900_000;

/** What publishing needs. */
export interface Publishing {
  bus: Pick<Bus, 'publish' | 'connected'>;
  /** `ce-source` of the messages: who publishes. */
  source: string;
  /** The agent that hosts a node, as far as is known here; undefined without one. */
  agentOf: (node: string) => string | undefined;
  log: Logger;
}

/**
 * Puts entries on the bus, which follow each other without a gap. Resolves when the bus has all of them.
 *
 * Changes go last, and what one connection sends arrives in its order: whoever sees a change on the bus knows that the
 * commands which follow from it are there too, though its publisher may have died since. Message ids are made of
 * revisions, so that what is published twice is mostly stored once; nobody is harmed by what is not.
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

/** Tells an agent to ask for its pods: commands may have been lost. */
export async function tellToAsk({ bus, source }: Publishing, agent: string, revision: number): Promise<void> {
  if (!isAgentName(agent)) return;
  const event = { type: eventType('pod-assigned'), source, id: `ask-${agent}-${revision}` };
  await bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, []));
}

function publishChanges({ bus, source }: Publishing, entries: readonly JournalEntry[]): Promise<void>[] {
  return chunksBySize(entries.map(encodeChange)).map(({ from, texts }) => {
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
  // Both ends: what the relay publishes may end where a writer's batch does, and must not be taken for the same.
  const part = (from: number): string => `${agent}-${first}-${revision}-${from}`;
  for (const { from, texts } of chunksBySize(assigned)) {
    const event = { type: eventType('pod-assigned'), source, id: `assigned-${part(from)}` };
    published.push(bus.publish(subjects.command(agent, 'pod-assigned'), event, assignedBody(revision, texts)));
  }
  for (const { from, texts } of chunksBySize(terminating.map((pod) => JSON.stringify(pod)))) {
    const event = { type: eventType('pod-terminating'), source, id: `terminating-${part(from)}` };
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

/** Desired state of a user: DaemonSets whose manifest changed. Status writes are none. */
function isManifest(entry: JournalEntry): boolean {
  return (
    entry.resource === 'daemonsets.apps' &&
    (entry.type !== 'MODIFIED' || entry.changed.desired || entry.changed.metadata)
  );
}

/** Cuts texts into runs that fit a message. `from` is the index of a run's first text. */
function chunksBySize(texts: readonly string[]): { from: number; texts: string[] }[] {
  const chunks: { from: number; texts: string[] }[] = [];
  let size = 0;
  let next = 0;
  texts.forEach((text, index) => {
    const length = Buffer.byteLength(text);
    if (length > MAX_OBJECT) return;
    const current = chunks.at(-1);
    if (!current || index !== next || size + length > MAX_BODY) {
      chunks.push({ from: index, texts: [text] });
      size = length;
    } else {
      current.texts.push(text);
      size += length;
    }
    next = index + 1;
  });
  return chunks;
}
