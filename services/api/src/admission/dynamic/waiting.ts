import { ApiError } from '@everynode/objects';

/** Requests that may wait for one webhook at once. They hold no seat meanwhile, so that they hold up nothing else. */
const MAX_WAITING = 400;

/** How many wait, by the id of the webhook. */
const waiting = new Map<string, number>();

/**
 * Waits for the answers of webhooks as one of the requests that do.
 * @param hooks ids of the webhooks. @throws ApiError TooManyRequests where too many others wait for one of them.
 */
export async function waitAmongOthers(hooks: readonly string[], find: () => Promise<void>): Promise<void> {
  if (hooks.some((id) => (waiting.get(id) ?? 0) >= MAX_WAITING)) {
    throw new ApiError('TooManyRequests', 'too many requests wait for admission webhooks, please try again later', {
      retryAfterSeconds: 1,
    });
  }
  count(hooks, 1);
  try {
    await find();
  } finally {
    count(hooks, -1);
  }
}

function count(hooks: readonly string[], change: 1 | -1): void {
  for (const id of hooks) {
    const left = (waiting.get(id) ?? 0) + change;
    if (left > 0) waiting.set(id, left);
    else waiting.delete(id);
  }
}
