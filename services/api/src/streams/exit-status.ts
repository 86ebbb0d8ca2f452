import type { Result, Tunnel } from '@everynode/container-streams';
import { ApiError, type Status } from '@everynode/objects';
import type { CommandStreams } from './command-options.js';

/** A command and the streams that a client has of it. */
export interface ServedCommand {
  kind: 'exec' | 'attach';
  streams: CommandStreams;
  tunnel: Tunnel;
}

type ExitStatus = Omit<Status, 'code' | 'details'> & { code?: number; details?: unknown };

/** How a command has ended, as clients read it from the error channel, when its `outputs` are sent. Never rejects. */
export function exitStatus({ kind, tunnel }: ServedCommand, outputs: readonly Promise<void>[]): Promise<ExitStatus> {
  return Promise.all([tunnel.result, ...outputs]).then(
    ([result]) => statusOf(kind, result),
    (error: Error) => failure(kind, error.message),
  );
}

/** Source: pkg/kubelet/server/remotecommand (cri-streaming), exec.go and attach.go. */
function statusOf(what: ServedCommand['kind'], { exitCode = 0, error }: Result): ExitStatus {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  if (error !== undefined) return failure(what, error);
  if (what === 'attach' || exitCode === 0) return { ...base, status: 'Success' };
  return {
    ...base,
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}

/** A stream that was not brought to its end. */
function failure(what: ServedCommand['kind'], error: string): ExitStatus {
  const doing = what === 'exec' ? 'error executing command in container' : 'error attaching to container';
  const message = `${doing}: ${error}`;
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }).toStatus();
}
