import type { Bus } from '@everynode/bus';
import { type ReportStored, subjects } from '@everynode/contract';
import type { Logger } from '@everynode/service-shell';

/**
 * Acknowledges to agents what the store has of their reports, outside the streams: a receipt may be lost, and the agent
 * then sends its report again.
 */
export class Receipts {
  readonly #bus: Pick<Bus, 'send'>;
  readonly #log: Logger;
  /** By agent: the process that was last seen to be superseded. */
  readonly #superseded = new Map<string, number>();

  constructor({ bus, log }: { bus: Pick<Bus, 'send'>; log: Logger }) {
    this.#bus = bus;
    this.#log = log;
  }

  stored(agent: string, incarnation: number, message: number): void {
    this.#send(agent, { incarnation, message });
  }

  /** A report that is refused for good, and so would be each time that it comes. */
  refused(agent: string, body: string): void {
    const { incarnation, message } = numbersIn(body);
    if (incarnation > 0 && message > 0) this.#send(agent, { incarnation, message });
  }

  /** A later process speaks for the nodes of the agent. It is logged once for each that is superseded. */
  superseded(agent: string, incarnation: number, latest: number): void {
    if (this.#superseded.get(agent) !== incarnation) {
      this.#superseded.set(agent, incarnation);
      this.#log.warn({ agent, incarnation, latest }, 'reports of an earlier process of an agent are refused');
    }
    this.#send(agent, { incarnation: latest, message: 0 });
  }

  #send(agent: string, receipt: ReportStored): void {
    this.#bus.send(subjects.receipt(agent, 'report-stored'), JSON.stringify(receipt));
  }
}

/** What identifies a message that violates the contract elsewhere; zeros when it is not there. */
function numbersIn(body: string): { incarnation: number; message: number } {
  const numbers = { incarnation: 0, message: 0 };
  try {
    const content: unknown = JSON.parse(body);
    if (typeof content !== 'object' || content === null) return numbers;
    for (const name of ['incarnation', 'message'] as const) {
      const value: unknown = Reflect.get(content, name);
      if (Number.isSafeInteger(value)) numbers[name] = Number(value);
    }
  } catch {
    // No JSON: the sender is no agent of this release.
  }
  return numbers;
}
