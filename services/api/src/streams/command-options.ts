import { ApiError } from '@everynode/objects';
import type { Query } from '../http/query.js';

/** The streams that a client has of a command. */
export interface CommandStreams {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/**
 * Source: SetDefaults_PodExecOptions and SetDefaults_PodAttachOptions, by which a client has stdout and stderr whatever
 * it asks; and remotecommand.NewOptions, by which a terminal has no stderr of its own.
 */
export function commandStreams(query: Query): CommandStreams {
  const tty = query.flag('tty');
  return { stdin: query.flag('stdin'), stdout: true, stderr: !tty, tty };
}

/** @throws ApiError BadRequest for no command. */
export function commandOf(query: Query): string[] {
  const command = query.all('command');
  if (command.length === 0)
    throw new ApiError('BadRequest', 'you must specify at least 1 command to run in the container');
  return command;
}
