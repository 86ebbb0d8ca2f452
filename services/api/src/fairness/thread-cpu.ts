import { existsSync, readFileSync } from 'node:fs';

/** Source: Linux, Documentation/scheduler/sched-stats.rst. The first number is the time on a CPU, in ns. */
const SCHEDULER_STATISTICS = '/proc/thread-self/schedstat';

const cpuOfThread = (): number => Number(readFileSync(SCHEDULER_STATISTICS, 'utf8').split(' ', 1)[0]) / 1e6;

/**
 * Returns the CPU that the calling thread has used, in ms. Node.js 20 knows only that of the whole process. Where the
 * kernel does not say, it is the time that has passed.
 */
export const threadCpuMs: () => number = existsSync(SCHEDULER_STATISTICS) ? cpuOfThread : () => performance.now();
