import { join } from 'node:path';
import { readIfPresent, writeSecretFile } from '@everynode/service-shell/private-files';
import { type AgentSpec, enrolmentOf, type Fleet } from '../services/fleet.js';
import type { StatePaths } from './state-directory.js';

/** The fleet that an earlier run of this state directory recorded; undefined when there was none. */
export async function readFleet(paths: StatePaths): Promise<Fleet | undefined> {
  const text = await readIfPresent(paths.fleet);
  return text === undefined ? undefined : (JSON.parse(text) as Fleet);
}

/** Records the fleet for the next start. */
export async function writeFleet(paths: StatePaths, fleet: Fleet): Promise<void> {
  await writeSecretFile(paths.fleet, `${JSON.stringify(fleet)}\n`);
}

/** Writes which nodes each agent may register. */
export async function writeEnrolments(paths: StatePaths, { agents }: Fleet): Promise<void> {
  const enrolments = Object.fromEntries(agents.map((spec) => [spec.agent, enrolmentOf(spec)]));
  await writeSecretFile(paths.enrolments, `${JSON.stringify(enrolments, null, 2)}\n`);
}

/** Writes the nodes file of an agent, and returns its path. */
export async function writeNodesFile(paths: StatePaths, { agent, file }: AgentSpec): Promise<string> {
  const path = join(paths.agents, `${agent}.json`);
  await writeSecretFile(path, `${JSON.stringify(file, null, 2)}\n`);
  return path;
}
