import type { TLSSocket } from 'node:tls';
import type { Bus } from '@everynode/bus';
import { nodeOfUser } from '@everynode/certificates';
import { subjects } from '@everynode/contract';
import { isChangeOf, type ObjectChange, type Reflector } from '@everynode/list-watch';
import type { StoredKinds } from '@everynode/objects';
import { coalesced, type Logger, retryUntilDone } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import { type AgentBus, type Revocations, readRevocations } from './agent-bus.js';

interface RevocationParts {
  store: Pick<Store, 'noteRevokedAgent' | 'revokeDeletedNodes' | 'revokedCertificates' | 'revokedAgents'>;
  reflector: Reflector;
  /** Where the credentials of the bus beside the certificates end too; undefined where they are not issued here. */
  bus: Pick<AgentBus, 'revoke' | 'revokeAgent'> | undefined;
  /** By which the replicas tell each other that an agent was revoked. */
  services: Pick<Bus, 'send' | 'listen'>;
  signal: AbortSignal;
  log: Logger;
}

const REQUESTS = 'certificatesigningrequests.certificates.k8s.io';

/** A certificate that an agent did not ask for by itself may end those of other machines. */
function mayReplace({ previous, current }: ObjectChange<StoredKinds[typeof REQUESTS]>): boolean {
  if (previous?.record.observed === current.record.observed) return false;
  const { status, spec } = current.object;
  return status?.certificate !== undefined && nodeOfUser(spec?.username ?? '') === undefined;
}

/** True for a node that was deleted, also where a list shows only that another one has its name. */
const isGone = ({ type, previous, current }: ObjectChange): boolean =>
  type === 'DELETED' || (previous !== undefined && previous.record.uid !== current.record.uid);

/**
 * The certificates of nodes that were deleted since. Their connections are closed, watches included, and they are
 * refused from then on. A certificate that a node asks for after its deletion is another one.
 */
export class RevokedCertificates {
  #serials: ReadonlySet<string> = new Set();
  #revocations: Revocations = { certificates: [], agents: [] };
  /** Reads again what is revoked: another replica may have done it. Calls during a read share the next one. */
  #refresh: () => Promise<void> = () => Promise.resolve();
  /** Takes back what was granted for nodes that are deleted now. Calls during one share the next one. */
  #revoke: () => Promise<void> = () => Promise.resolve();
  #revokeOnBus: () => Promise<void> = () => Promise.resolve();
  #context: RevocationParts | undefined;
  /** Open connections of nodes, by the serial number of their certificate. */
  readonly #connections = new Map<string, Set<TLSSocket>>();

  /** False for a connection whose certificate is revoked. One that is good is closed as soon as it is revoked. */
  admits(socket: TLSSocket, user: string, serial: string): boolean {
    if (nodeOfUser(user) === undefined) return true;
    if (this.#serials.has(serial)) return false;
    this.#follow(socket, serial);
    return true;
  }

  /**
   * Follows deletions of nodes until the service stops. Resolves when what was revoked before is known, with what no
   * process has lived to revoke: the bus may learn of it later.
   */
  async start(context: RevocationParts): Promise<void> {
    const { bus, services } = context;
    this.#context = context;
    this.#refresh = coalesced(() => persistently(context, () => this.#read(context)));
    this.#revoke = coalesced(async () => {
      await persistently(context, () => context.store.revokeDeletedNodes());
      await this.#refresh();
    });
    if (bus) this.#revokeOnBus = coalesced(() => persistently(context, () => bus.revoke(this.#revocations)));
    context.reflector.addListener({
      onChanges: (changes) => {
        for (const change of changes) {
          if (isChangeOf(change, 'nodes') && isGone(change)) void this.#revoke();
          else if (isChangeOf(change, REQUESTS) && mayReplace(change)) this.refresh();
        }
      },
    });
    // A replica that misses this reads again within a minute, as after any loss.
    services.listen(subjects.agentRevoked, () => void this.#revoke());
    await this.#revoke();
  }

  /**
   * Ends all certificates of an agent and its credentials of the bus, and what it has asked for and not got. Resolves
   * when they are refused here. @throws Error while the store or the bus cannot be reached: what was done stays.
   */
  async revokeAgent(agent: string): Promise<void> {
    const context = this.#context;
    if (!context) throw new Error('revocations have not begun');
    const at = Date.now();
    await context.store.noteRevokedAgent({ agent, at });
    await this.#revoke();
    context.services.send(subjects.agentRevoked, agent);
    await context.bus?.revokeAgent(agent, at);
  }

  /** Reads again what is revoked, without waiting for it. */
  refresh(): void {
    void this.#refresh();
  }

  async #read({ store, log }: RevocationParts): Promise<void> {
    this.#revocations = await readRevocations(store);
    this.#serials = new Set(this.#revocations.certificates.map(({ serial }) => serial));
    void this.#revokeOnBus();
    for (const [serial, sockets] of this.#connections) {
      if (!this.#serials.has(serial)) continue;
      for (const socket of sockets) socket.destroy();
      log.info({ serial, connections: sockets.size }, 'closed the connections of a revoked certificate');
      this.#connections.delete(serial);
    }
  }

  #follow(socket: TLSSocket, serial: string): void {
    const sockets = this.#connections.get(serial) ?? new Set();
    if (sockets.has(socket)) return;
    this.#connections.set(serial, sockets.add(socket));
    socket.once('close', () => {
      sockets.delete(socket);
      if (sockets.size === 0 && this.#connections.get(serial) === sockets) this.#connections.delete(serial);
    });
  }
}

function persistently({ signal, log }: RevocationParts, work: () => Promise<void>): Promise<void> {
  return retryUntilDone(work, {
    signal,
    onFailure: (err, failures) => log.warn({ err, failures }, 'certificates of deleted nodes could not be revoked'),
  });
}
