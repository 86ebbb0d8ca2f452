/** How long a supervisor may take to answer, in ms. One that does not is asked for nothing more. */
const ANSWER_MS = 500;

/**
 * Tells the parent at the other end of the IPC channel that this process stops, as `{ type: 'stopping' }`. Resolves
 * when the parent has answered `{ type: 'dismissed' }`: the channel keeps the order, so all connections that it sends
 * have arrived. Without a parent, or with one that does not answer, it resolves too.
 */
export async function leaveSupervisor(): Promise<void> {
  if (!process.connected) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      process.off('message', onMessage);
      process.off('disconnect', done);
      resolve();
    };
    const onMessage = (message: { type?: string } | null): void => {
      if (message?.type === 'dismissed') done();
    };
    const timer = setTimeout(done, ANSWER_MS);
    process.on('message', onMessage);
    process.once('disconnect', done);
    // An error says that the channel has just broken, as `disconnect` does.
    process.send?.({ type: 'stopping' }, undefined, undefined, (error) => error && done());
  });
}
