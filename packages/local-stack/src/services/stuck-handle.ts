import type { ChildProcess } from 'node:child_process';

interface ChannelInternals {
  _pendingMessage?: { handle?: { close?: () => void } } | null;
  _handleQueue?: { callback?: (error: Error | null) => void; handle?: unknown }[] | null;
}

/**
 * Closes the one handle that was sent to a process and not acknowledged when it died. Node forgets it when more were
 * queued behind it (lib/internal/child_process.js: `disconnect` does nothing while there is a queue; seen on 20 and
 * 22), and the client at its other end would wait for ever.
 */
export function closeStuckHandle(child: ChildProcess): void {
  const internals = child as ChannelInternals;
  internals._pendingMessage?.handle?.close?.();
  internals._pendingMessage = null;
}

/**
 * Takes back the handles that are queued for a process that does not read any more, and fails their sends. Node sends
 * one handle at a time and keeps the rest in this process until that one is acknowledged.
 */
export function recallQueuedHandles(child: ChildProcess): void {
  const queue = (child as ChannelInternals)._handleQueue ?? [];
  for (const { callback } of queue.splice(0)) callback?.(new Error('the process does not answer'));
}
