/** Messages of one sender that may be on their way back to it at once. */
const DELAYED = 128;

/**
 * Counts the messages of each sender that were sent back to come again later. The server keeps a place for each, and
 * there are places for so many in all: one sender may not have them. Times are in ms on a clock that does not go back.
 */
export class Delays {
  readonly #due = new Map<string, number[]>();

  /** Notes a message that comes again at `due`. False, and nothing is noted, when too many of the sender's do. */
  add(sender: string, due: number, now: number): boolean {
    const left = (this.#due.get(sender) ?? []).filter((time) => time > now);
    const isRoom = left.length < DELAYED;
    if (isRoom) left.push(due);
    if (left.length > 0) this.#due.set(sender, left);
    return isRoom;
  }

  /** Forgets senders of which nothing comes again. */
  forget(now: number): void {
    for (const [sender, due] of this.#due) if (due.every((time) => time <= now)) this.#due.delete(sender);
  }
}
