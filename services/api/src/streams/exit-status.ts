import type { Result } from '@everynode/container-streams';
import { ApiError, type Status } from '@everynode/objects';

type ExitStatus = Omit<Status, 'code' | 'details'> & { code?: number; details?: unknown };

/**
 * How a command has ended, as clients read it from the error channel.
 * Source: pkg/kubelet/server/remotecommand (cri-streaming), exec.go and attach.go.
 */
export function exitStatus(what: 'exec' | 'attach', { exitCode = 0, error }: Result): ExitStatus {
  const base = { kind: 'Status', apiVersion: 'v1', metadata: {} } as const;
  if (error !== undefined) return streamFailure(what, error);
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
export function streamFailure(what: 'exec' | 'attach', error: string): ExitStatus {
  const doing = what === 'exec' ? 'error executing command in container' : 'error attaching to container';
  const message = `${doing}: ${error}`;
  return new ApiError('InternalError', `Internal error occurred: ${message}`, { causes: [{ message }] }).toStatus();
}
