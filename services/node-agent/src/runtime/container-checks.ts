import type { ContainerRun, ProbeKind, ProbeOutcome } from '@everynode/kubelet';
import type { Probe } from '@everynode/objects';
import { probeGrpc, probeHttp, probeTcp } from '../probes/network-probes.js';

/** What is checked: a container, the address of its pod, and how a command is run in it within a time. */
interface Checked {
  container: ContainerRun;
  ip: string;
  runCommand: (command: string[], timeoutMs: number) => Promise<ProbeOutcome>;
}

/** A hook without a time ends at least then. */
const HOOK_MS = 24 * 3_600_000;

const untried = ({ message }: Error): ProbeOutcome => ({ verdict: 'error', output: message });

const NOTHING: ProbeOutcome = { verdict: 'error', output: 'the probe says nothing that can be tried' };

/** Runs a hook that is not a sleep. Resolves to why it failed; undefined when it has not. */
export async function tryHook(
  { container, ip, runCommand }: Checked,
  hook: 'postStart' | 'preStop',
  timeoutMs = HOOK_MS,
): Promise<string | undefined> {
  const { exec, httpGet } = container.spec.lifecycle?.[hook] ?? {};
  const tried = exec
    ? runCommand(exec.command ?? [], timeoutMs)
    : httpGet
      ? probeHttp(httpGet, { container: container.spec, ip, timeoutMs })
      : Promise.resolve<ProbeOutcome>({ verdict: 'error', output: 'the hook says nothing that can be done' });
  const { verdict, output } = await tried.catch(untried);
  return verdict === 'failure' || verdict === 'error' ? output : undefined;
}

/** Tries a probe once, within its time. */
export function tryProbe(checked: Checked, kind: ProbeKind): Promise<ProbeOutcome> {
  const probes: Partial<Record<`${ProbeKind}Probe`, Probe>> = checked.container.spec;
  const probe = probes[`${kind}Probe`];
  return (probe ? tryOnce(checked, probe) : Promise.resolve(NOTHING)).catch(untried);
}

function tryOnce({ container, ip, runCommand }: Checked, probe: Probe): Promise<ProbeOutcome> {
  const timeoutMs = (probe.timeoutSeconds || 1) * 1000;
  const target = { container: container.spec, ip, timeoutMs };
  if (probe.exec) return runCommand(probe.exec.command ?? [], timeoutMs);
  if (probe.httpGet) return probeHttp(probe.httpGet, target);
  if (probe.tcpSocket) return probeTcp(probe.tcpSocket, target);
  if (probe.grpc) return probeGrpc(probe.grpc, target);
  return Promise.resolve(NOTHING);
}

/** What a command has brought that was run in a container. `output` is what it wrote, to both of its outputs. */
export function outcomeOf(
  command: string[],
  timeoutMs: number,
  { code, output, isTimedOut }: { code: number; output: string; isTimedOut: boolean },
): ProbeOutcome {
  if (isTimedOut) {
    const text = JSON.stringify(command.join(' '));
    return { verdict: 'failure', output: `command ${text} timed out after ${timeoutMs / 1000}s` };
  }
  return { verdict: code === 0 ? 'success' : 'failure', output };
}

/** Of a command of which more is not shown, in bytes. */
export const MAX_OUTPUT = 10 << 10;

export const NOT_RUNNING: ProbeOutcome = { verdict: 'error', output: 'container not running' };
