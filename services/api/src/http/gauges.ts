import type { ApiTunnels } from '@everynode/container-streams';
import type { Reflector } from '@everynode/list-watch';
import type { Store } from '@everynode/store';
import { Gauge, type Registry } from 'prom-client';
import type { FairQueue } from '../fairness/fair-queue.js';
import type { LoopTurns } from '../fairness/loop-turns.js';
import type { WatchHub } from '../watch/watch-hub.js';

interface Sources {
  store: Store;
  reflector: Reflector;
  tunnels: ApiTunnels;
}

/** Registers the numbers of requests, watches and commits at the time of asking. */
export function addGauges(
  registry: Registry,
  { queue, bytes, loop }: { queue: FairQueue; bytes: FairQueue; loop: LoopTurns },
  watches: WatchHub,
  { store, reflector, tunnels }: Sources,
): void {
  const gauge = (name: string, help: string, value: () => number): void => {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(value());
      },
    });
  };
  gauge(
    'everynode_store_commits_in_doubt',
    'Transactions since the start whose COMMIT was not answered, so that their outcome was looked up.',
    () => store.commitsInDoubt,
  );
  gauge(
    'everynode_changes_dropped',
    'Messages of changes since the start that could not be decoded. What they meant was read from the journal.',
    () => reflector.dropped,
  );
  gauge('everynode_api_streams', 'Open streams of containers: logs, commands, ports.', () => tunnels.open);
  gauge('everynode_api_watchers', 'Open watches.', () => watches.watchers);
  gauge(
    'everynode_api_watchers_dropped',
    'Watchers that were cut off since the start because they read nothing.',
    () => watches.dropped,
  );
  gauge('everynode_api_requests_inflight', 'Requests that are worked on, watches apart.', () => queue.occupied);
  gauge('everynode_api_requests_waiting', 'Requests that wait for their turn.', () => queue.waiting);
  gauge('everynode_api_body_bytes', 'Bytes of the bodies in memory.', () => bytes.occupied);
  gauge('everynode_api_bodies_waiting', 'Requests whose bodies wait for room in memory.', () => bytes.waiting);
  gauge('everynode_api_loop_waiting', 'Pieces of work that wait for the event loop.', () => loop.waiting);
  gauge('everynode_api_requests_refused', 'Requests that were answered with 429 since the start.', () => queue.refused);
}
