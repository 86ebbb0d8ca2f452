import type { ChildProcess } from 'node:child_process';

/**
 * Closes the one handle that was sent to a process and not acknowledged when it died. Node forgets it when more were
 * queued behind it (lib/internal/child_process.js: `disconnect` does nothing while there is a queue; seen on 20 and
 * 22), and the client at its other end would wait for ever.
 */
export function closeStuckHandle(child: ChildProcess): void {
  const internals = child as { _pendingMessage?: { handle?: { close?: () => void } } | null };
  internals._pendingMessage?.handle?.close?.();
  internals._pendingMessage = null;
}
