import type { Check } from '../check.js';
import type { PolicyVersion } from '../policy.js';

/** Settings of the kernel that are a pod's own, with the version of the policy from which each is allowed. */
const SAFE: Readonly<Record<string, PolicyVersion>> = {
  'kernel.shm_rmid_forced': 0,
  'net.ipv4.ip_local_port_range': 0,
  'net.ipv4.tcp_syncookies': 0,
  'net.ipv4.ping_group_range': 0,
  'net.ipv4.ip_unprivileged_port_start': 0,
  'net.ipv4.ip_local_reserved_ports': 27,
  'net.ipv4.tcp_keepalive_time': 29,
  'net.ipv4.tcp_fin_timeout': 29,
  'net.ipv4.tcp_keepalive_intvl': 29,
  'net.ipv4.tcp_keepalive_probes': 29,
  'net.ipv4.tcp_rmem': 32,
  'net.ipv4.tcp_wmem': 32,
};

/** Source: check_sysctls.go. */
export const sysctls: Check = {
  level: 'baseline',
  forms: [0, 27, 29, 32].map((since) => ({
    since,
    violation: ({ spec }) => {
      const names = (spec.securityContext?.sysctls ?? []).map(({ name }) => name);
      const forbidden = names.filter((name) => !Object.hasOwn(SAFE, name) || (SAFE[name] ?? 0) > since);
      return forbidden.length > 0 ? { reason: 'forbidden sysctls', detail: forbidden.join(', ') } : undefined;
    },
  })),
};
