import { readFileSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { arch, availableParallelism, networkInterfaces, release, totalmem } from 'node:os';
import type { Machine } from '@everynode/pod-runtime';

const ARCHITECTURES: Readonly<Record<string, string>> = { x64: 'amd64', ia32: '386' };
const MAX_PODS = '110';

/** Reads a file of the system in one line; empty where it is not there. */
function lineOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

/** The name that the system has for people. */
function osImage(): string {
  return /^PRETTY_NAME="?([^"\n]*)"?$/m.exec(lineOf('/etc/os-release'))?.[1] ?? 'Linux';
}

/**
 * The address at which others reach the machine: the one of the interface with the default route, and where there is
 * none, the first that is not the loopback's.
 */
function ownAddress(): string {
  const routed = lineOf('/proc/net/route')
    .split('\n')
    .map((line) => line.split('\t'))
    .find(([, destination]) => destination === '00000000')?.[0];
  const interfaces = networkInterfaces();
  const all = [...(routed === undefined ? [] : (interfaces[routed] ?? [])), ...Object.values(interfaces).flat()];
  return all.find((one) => one && !one.internal && one.family === 'IPv4')?.address ?? '127.0.0.1';
}

/**
 * What this machine is, for the status of its node. `folder` is where pods keep their data; `address` replaces the
 * address that is found. Source: pkg/kubelet/nodestatus/setters.go.
 */
export async function thisMachine(runtimeVersion: string, folder: string, address?: string): Promise<Machine> {
  const disk = await statfs(folder);
  const machineId = lineOf('/etc/machine-id');
  return {
    enforcesLimits: false,
    address: address || ownAddress(),
    capacity: {
      cpu: String(availableParallelism()),
      memory: `${Math.floor(totalmem() / 1024)}Ki`,
      pods: MAX_PODS,
      'ephemeral-storage': `${Math.floor((disk.blocks * disk.bsize) / 1024)}Ki`,
    },
    info: {
      architecture: ARCHITECTURES[arch()] ?? arch(),
      bootID: lineOf('/proc/sys/kernel/random/boot_id'),
      containerRuntimeVersion: runtimeVersion,
      kernelVersion: release(),
      machineID: machineId,
      operatingSystem: 'linux',
      osImage: osImage(),
      systemUUID: lineOf('/sys/class/dmi/id/product_uuid') || machineId,
    },
  };
}
