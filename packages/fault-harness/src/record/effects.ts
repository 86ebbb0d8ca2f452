import type { FaultEffects } from '@everynode/history-checker';

/** No outage of anything else may keep every writer, or every reader, from an answer for longer. */
const GENERAL_MS = 5000;
/** Both apis killed: a replica that starts serves so soon. */
const STARTED_API_MS = 3000;
/** Invariant 6, for what has to recover before it can answer. */
const RECOVERY_MS = 10_000;

const NONE: FaultEffects = {
  newConnectionsMs: 0,
  cutsOff: false,
  writes: { meanwhile: false, limitMs: GENERAL_MS },
  reads: { meanwhile: false, limitMs: GENERAL_MS },
};
/** An api ends: a connection that was on its way to it may break. */
const apiEnds: FaultEffects = { ...NONE, newConnectionsMs: 1000 };
/** An api hangs: its kernel takes connections until the front door notices. */
const apiHangs: FaultEffects = { ...NONE, newConnectionsMs: 5000 };
/** An api that lives does not reach Postgres. The others go on. */
const apiCutOff: FaultEffects = { ...NONE, cutsOff: true };
const within = (limitMs: number): FaultEffects => ({
  ...NONE,
  writes: { meanwhile: false, limitMs },
  reads: { meanwhile: false, limitMs },
});
/** Nothing that has to ask Postgres, or a process at all, is answered while it lasts. */
const stopsAll: FaultEffects = {
  ...NONE,
  writes: { meanwhile: true, limitMs: GENERAL_MS },
  reads: { meanwhile: true, limitMs: GENERAL_MS },
};

/** What faults may do to answers, by their names. One that is not here may do nothing. */
export const EFFECTS: Readonly<Record<string, FaultEffects>> = {
  'kill-api': apiEnds,
  'end-api': apiEnds,
  'kill-api-at-commit': apiEnds,
  'clock-api-10m': apiEnds,
  'clock-api+10m': apiEnds,
  'stop-api': apiHangs,
  'stop-api-in-transaction': apiHangs,
  'postgres-held-api': apiCutOff,
  'hold-api-in-transaction': apiCutOff,
  'kill-all-apis': { ...within(STARTED_API_MS), newConnectionsMs: 1000 },
  'kill-supervisor': { ...stopsAll, newConnectionsMs: 1000 },
  'end-supervisor': { ...stopsAll, newConnectionsMs: 1000 },
  'kill-postmaster': within(RECOVERY_MS),
  'postgres-restart': within(RECOVERY_MS),
  'postmaster-crashes': stopsAll,
  'postgres-gone': stopsAll,
  'postgres-away': stopsAll,
  'postgres-held-all': stopsAll,
  'postgres-disk-full': stopsAll,
  'stop-postgres': stopsAll,
  'backends-terminated': stopsAll,
  // A stopped backend keeps its locks, and no other session can end it.
  'stop-writer-backends': { ...NONE, writes: { meanwhile: true, limitMs: GENERAL_MS } },
};

/** What a fault may do to the answers that clients get. */
export function effectsOf(fault: string): FaultEffects {
  return EFFECTS[fault] ?? NONE;
}
