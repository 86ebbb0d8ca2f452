import type { BackoffOptions } from '@everynode/service-shell';

/** How long to wait before a connection or a delivery is tried for again. */
export const RECONNECT: BackoffOptions = { firstMs: 100, maxMs: 1000 };
