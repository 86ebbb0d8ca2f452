import type { Cluster } from '../cluster/cluster.js';
import type { JournalTail } from '../record/journal-tail.js';
import type { SeededRandom } from '../run/random.js';

export interface FaultContext {
  cluster: Cluster;
  random: SeededRandom;
  tail: JournalTail;
  /** How long the fault is going to last, in ms. */
  holdMs: number;
  /** Notes that journal rows up to a revision are gone. */
  onCompacted: (revision: number) => void;
  /** Nodes that are not Ready, as the journal has them. */
  nodesAway: () => string[];
}

export interface InjectedFault {
  /** What it is aimed at, for the report. */
  target: string;
  /** Processes that are dead, stopped or starting because of it: `api-1`, `supervisor`, … */
  down?: string[];
  /**
   * When it struck, by `now()` of record/clock.ts: the fault adds to it until it is healed. Only for one that waits for
   * a moment (a COMMIT that passes) or strikes again and again; empty when that moment never comes, which fails a run.
   */
  strikes?: readonly number[];
  heal(): Promise<void>;
}

/** A part of the cluster that a fault may break. */
export const PARTS = ['api', 'scheduler', 'agent', 'postgres', 'nats', 'supervisor'] as const;
export type Part = (typeof PARTS)[number];

/** One way to break a cluster. `docs/faults.md` tells how to add one. */
export interface Fault {
  name: string;
  about: string;
  /** How long it may last, in ms; 0: it is over at once. */
  holdMs: readonly number[];
  /** Shorter than this it would show nothing: it lasts so long where less is allowed, too. In ms. */
  leastMs?: number;
  /** Is in a run that names no faults. Others are asked for by name: they take long, or need root. */
  isDefault: boolean;
  /** Takes no more than a few seconds, recovery included: for the run in `npm test`. */
  isShort: boolean;
  /** What it breaks, and what it needs in order to strike. Faults with a part in common are not mixed. */
  touches: readonly Part[];
  /** It strikes a writer of DaemonSets' pods: a step at rest has none. */
  needsEdits?: boolean;
  /** Returns why it cannot be injected on this machine, with how to change that. */
  missing?: () => Promise<string | undefined>;
  /** Folders of the state that have to be small disks for it, with their sizes in MiB. */
  disks?: Record<string, number>;
  /** Each agent has to run in a network namespace of its own for it. */
  needsNamespaces?: boolean;
  inject(context: FaultContext): Promise<InjectedFault>;
}

/** For faults that are over at once. */
export const nothingToHeal = (): Promise<void> => Promise.resolve();
