/*
 * Loaded into services before anything else: profiles the process from its start to its end and writes the profile to
 * `$EVERYNODE_CPU_PROFILES`, named by the replica. Node 20 takes no --cpu-prof from the environment, and only the
 * services among all processes are wanted.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';
import { join } from 'node:path';

const { EVERYNODE_CPU_PROFILES: folder, EVERYNODE_REPLICA: replica } = process.env;

if (folder && replica) {
  const session = new Session();
  session.connect();
  session.post('Profiler.enable');
  session.post('Profiler.start');
  process.once('exit', () => {
    // A session on the own process answers at once, so the profile is written before the process ends.
    session.post('Profiler.stop', (error, stopped) => {
      if (error) throw error;
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, `${replica}-${process.pid}.cpuprofile`), JSON.stringify(stopped.profile));
    });
  });
}
