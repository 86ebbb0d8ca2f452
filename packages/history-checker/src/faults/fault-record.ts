/** A fault of a run. The record is written when all is over, after what clients saw meanwhile. */
export interface FaultRecord {
  fault: string;
  /** What it was aimed at. */
  target: string;
  /** When its injection began. */
  began: number;
  /** When its injection was complete. */
  injected: number;
  /**
   * When it struck, for a fault that waits for a moment (a COMMIT that passes) or strikes again and again; empty when
   * that moment never came. Missing for one that strikes once, between `began` and `injected`.
   */
  strikes?: number[];
  /** When its heal began, and when it was complete. */
  healing: number;
  healed: number;
  /** When every process was ready again, or the harness had no patience any more. */
  ready: number;
  /** Processes that were dead, stopped or starting until then: `api-1`, `supervisor` (the front door), … */
  down: string[];
  effects: FaultEffects;
}

/** What a fault may do to the answers that clients get. Nothing else is excused by it. */
export interface FaultEffects {
  /**
   * A new connection by the front door may break, or get no answer, for so long after a strike and after the heal, in
   * ms. 0 when no api is down.
   */
  newConnectionsMs: number;
  /** Its target, one process, does not reach the store as long as it lasts: it lives, and has no answer. */
  cutsOff: boolean;
  /** How long no write may be acknowledged. */
  writes: Standstill;
  /** How long no read of the newest state may be answered. */
  reads: Standstill;
}

interface Standstill {
  /** As long as the fault lasts. */
  meanwhile: boolean;
  /** And for so long after its heal; with `meanwhile` false, for so long at any time. In ms. */
  limitMs: number;
}
