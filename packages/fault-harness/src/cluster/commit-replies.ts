/** CommandComplete of a COMMIT: `C`, the length 11, and its tag (PostgreSQL's protocol, "Message Formats"). */
const COMMITTED = Buffer.from('C\0\0\0\x0bCOMMIT\0', 'latin1');

/** Whether bytes from Postgres have the reply to a COMMIT that was carried out. */
export function hasCommitReply(reply: Buffer): boolean {
  return reply.includes(COMMITTED);
}
