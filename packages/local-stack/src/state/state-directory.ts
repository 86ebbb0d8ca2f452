import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { makePrivateDirectory } from '@everynode/service-shell/private-files';

/** Where a stack keeps everything that it writes. */
export interface StatePaths {
  root: string;
  kubeconfig: string;
  /** The agents and their nodes, for the next start. */
  fleet: string;
  /** The nodes that each of these agents may register, for the schedulers. */
  enrolments: string;
  /** There when the objects of the demo cluster have been created once. */
  demoCreated: string;
  pki: string;
  postgres: string;
  nats: string;
  /** Nodes files of the agents. */
  agents: string;
  logs: string;
  /** Pid files and the address of the control channel. */
  run: string;
}

export function statePaths(root: string): StatePaths {
  return {
    root,
    kubeconfig: join(root, 'kubeconfig'),
    fleet: join(root, 'fleet.json'),
    enrolments: join(root, 'enrolments.json'),
    demoCreated: join(root, 'demo-created'),
    pki: join(root, 'pki'),
    postgres: join(root, 'postgres'),
    nats: join(root, 'nats'),
    agents: join(root, 'agents'),
    logs: join(root, 'logs'),
    run: join(root, 'run'),
  };
}

/**
 * Makes the directories, closed to others. Under root the outermost one may be passed through, not listed: Postgres
 * runs as another user there and has to get to its own.
 */
export async function makeStateDirectories(paths: StatePaths): Promise<void> {
  await mkdir(paths.root, { recursive: true, mode: 0o700 });
  await chmod(paths.root, process.getuid?.() === 0 ? 0o711 : 0o700);
  for (const path of [paths.pki, paths.agents, paths.logs, paths.run]) await makePrivateDirectory(path);
}
