import type { Bus } from '@everynode/bus';
import { ContractError, parseEvent, type ReportStored, subjects } from '@everynode/contract';

/**
 * Acknowledges to agents what the store has of their reports, outside the streams: a receipt may be lost, and the agent
 * then sends its report again.
 */
export class Receipts {
  readonly #bus: Pick<Bus, 'send'>;

  constructor({ bus }: { bus: Pick<Bus, 'send'> }) {
    this.#bus = bus;
  }

  stored(agent: string, incarnation: number, message: number): void {
    this.#send(agent, { incarnation, message });
  }

  /** A report that is refused for good, and so would be each time that it comes. */
  refused(agent: string, body: string): void {
    const receipt = receiptOf(body);
    if (receipt) this.#send(agent, receipt);
  }

  /** A later process speaks for the nodes of the agent. */
  superseded(agent: string, latest: number): void {
    this.#send(agent, { incarnation: latest, message: 0 });
  }

  #send(agent: string, receipt: ReportStored): void {
    this.#bus.send(subjects.receipt(agent, 'report-stored'), JSON.stringify(receipt));
  }
}

/** The receipt for a message that violates the contract, unless the violation is in what identifies it. */
function receiptOf(body: string): ReportStored | undefined {
  try {
    const receipt = parseEvent('report-stored', body);
    return receipt.message > 0 ? { incarnation: receipt.incarnation, message: receipt.message } : undefined;
  } catch (error) {
    if (!(error instanceof ContractError)) throw error;
    return undefined;
  }
}
