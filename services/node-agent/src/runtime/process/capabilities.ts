/** The capabilities of Linux, each at its number. Source: include/uapi/linux/capability.h. */
const NAMES = [
  'CHOWN',
  'DAC_OVERRIDE',
  'DAC_READ_SEARCH',
  'FOWNER',
  'FSETID',
  'KILL',
  'SETGID',
  'SETUID',
  'SETPCAP',
  'LINUX_IMMUTABLE',
  'NET_BIND_SERVICE',
  'NET_BROADCAST',
  'NET_ADMIN',
  'NET_RAW',
  'IPC_LOCK',
  'IPC_OWNER',
  'SYS_MODULE',
  'SYS_RAWIO',
  'SYS_CHROOT',
  'SYS_PTRACE',
  'SYS_PACCT',
  'SYS_ADMIN',
  'SYS_BOOT',
  'SYS_NICE',
  'SYS_RESOURCE',
  'SYS_TIME',
  'SYS_TTY_CONFIG',
  'MKNOD',
  'LEASE',
  'AUDIT_WRITE',
  'AUDIT_CONTROL',
  'SETFCAP',
  'MAC_OVERRIDE',
  'MAC_ADMIN',
  'SYSLOG',
  'WAKE_ALARM',
  'BLOCK_SUSPEND',
  'AUDIT_READ',
  'PERFMON',
  'BPF',
  'CHECKPOINT_RESTORE',
];

/** What a container has that does not say anything of it. Source: containerd, oci/spec.go, defaultUnixCaps. */
const USUAL = [
  'CHOWN',
  'DAC_OVERRIDE',
  'FSETID',
  'FOWNER',
  'MKNOD',
  'NET_RAW',
  'SETGID',
  'SETUID',
  'SETFCAP',
  'SETPCAP',
  'NET_BIND_SERVICE',
  'SYS_CHROOT',
  'KILL',
  'AUDIT_WRITE',
];

interface CapabilityRules {
  privileged?: boolean | null;
  capabilities?: { add?: string[] | null; drop?: string[] | null } | null;
}

const plain = (name: string): string => name.toUpperCase().replace(/^CAP_/, '');

/** The numbers of the capabilities that a container is not to have. What is added is added after what is dropped. */
export function droppedCapabilities({ privileged, capabilities }: CapabilityRules): number[] {
  if (privileged) return [];
  const drop = (capabilities?.drop ?? []).map(plain);
  const add = (capabilities?.add ?? []).map(plain);
  const kept = new Set(drop.includes('ALL') ? [] : USUAL.filter((name) => !drop.includes(name)));
  for (const name of add.includes('ALL') ? NAMES : add) kept.add(name);
  return NAMES.flatMap((name, number) => (kept.has(name) ? [] : [number]));
}
