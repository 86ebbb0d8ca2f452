// A process that uses as much CPU as an attacker did, and sends nothing. An attacker of the bench is on the machine of
// the servers, where its own work takes CPU from all; one that attacks from elsewhere takes none. It ends when its
// channel to the bench closes.
import { setTimeout as delay } from 'node:timers/promises';

/** How often it looks at what it has used, in ms. */
const STEP_MS = 2;

const cores = Number(process.argv[2]);
if (!(cores >= 0) || process.send === undefined) throw new Error('this program is started by the bench');

const usedMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};

process.on('message', () => process.send?.({ answered: 0, failed: 0, cpuMs: usedMs() }));
process.on('disconnect', () => process.exit());
process.send('started');
const began = performance.now();
const before = usedMs();
for (;;) {
  const now = performance.now();
  const until = now + STEP_MS;
  while (performance.now() < until && usedMs() - before < cores * (performance.now() - began));
  await delay(usedMs() - before < cores * (performance.now() - began) ? 0 : STEP_MS);
}
