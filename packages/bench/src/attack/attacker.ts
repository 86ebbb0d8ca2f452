// The process of an attacker. What it costs to send does not slow the bench's own requests down, beyond its share of
// the machine. It ends when its channel to the bench closes.
import { KubeClient } from '../client/kube-client.js';
import { ATTACKS, type Attack, type AttackName } from './attacks.js';

const [kubeconfig, name] = process.argv.slice(2);
if (kubeconfig === undefined || name === undefined || process.send === undefined) {
  throw new Error('this program is started by the bench');
}
const attack: Attack = ATTACKS[name as AttackName];
const client = await KubeClient.open(kubeconfig);
let answered = 0;
let failed = 0;

async function repeat(lane: number): Promise<never> {
  for (;;) {
    try {
      await attack.send(client, lane);
      answered += 1;
      if (answered === attack.atOnce) process.send?.('started');
    } catch {
      // A server may defend itself by closing the connection.
      failed += 1;
    }
  }
}

process.on('message', () => {
  const { user, system } = process.cpuUsage();
  process.send?.({ answered, failed, cpuMs: (user + system) / 1000 });
});
process.on('disconnect', () => process.exit());
for (let lane = 0; lane < attack.atOnce; lane += 1) void repeat(lane);
