/** CommandComplete: `C`, its length, and its tag (PostgreSQL's protocol, "Message Formats"). */
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');
const BEGUN = Buffer.from('C\0\0\0\x0aBEGIN\0', 'latin1');

/** Whether bytes from Postgres have the reply to a COMMIT that was carried out. */
export function hasCommitReply(reply: Buffer): boolean {
  return reply.includes(COMMITTED);
}

/** Whether bytes from Postgres have the reply to a BEGIN, and the transaction has not ended in the same bytes. */
export function beginsTransaction(reply: Buffer): boolean {
  return reply.includes(BEGUN) && !reply.includes(COMMITTED);
}
