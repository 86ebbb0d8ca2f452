import type { PodSpec } from '@everynode/objects';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeViolations, violationsOf } from '../index.js';
import type { Level } from './policy.js';

const LATEST = Number.POSITIVE_INFINITY;

/** All that `restricted` asks for. */
const GOOD_CONTEXT = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
};
const container = (name: string, more: object = {}) => ({ name, image: 'x', ...more });
const good = (more: object = {}): PodSpec => ({
  containers: [container('a', { securityContext: { ...GOOD_CONTEXT, ...more } })],
});

interface Broken {
  spec: object;
  annotations?: Record<string, string>;
}

const messageOf = (level: Level, { spec, annotations = {} }: Broken, version = LATEST): string => {
  const violations = violationsOf({ level, version }, { annotations, spec: spec as PodSpec });
  return describeViolations({ level, version }, violations).replace(/^PodSecurity "[^"]+": /, '');
};

describe('a pod that breaks one rule of baseline', () => {
  const one = (securityContext: object): Broken => ({ spec: { containers: [container('a', { securityContext })] } });
  it.each<[name: string, pod: Broken, message: string]>([
    [
      'privileged',
      one({ privileged: true }),
      'privileged (container "a" must not set securityContext.privileged=true)',
    ],
    [
      'capabilities',
      one({ capabilities: { add: ['NET_ADMIN', 'CHOWN', 'BPF'] } }),
      'non-default capabilities (container "a" must not include "BPF", "NET_ADMIN" in securityContext.capabilities.add)',
    ],
    [
      'host namespaces',
      { spec: { containers: [], hostNetwork: true, hostPID: true, hostIPC: true } },
      'host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)',
    ],
    [
      'hostPath',
      {
        spec: {
          containers: [],
          volumes: [
            { name: 'v', hostPath: { path: '/var/log' } },
            { name: 'e', emptyDir: {} },
          ],
        },
      },
      'hostPath volumes (volume "v")',
    ],
    [
      'hostPort',
      {
        spec: {
          initContainers: [container('i', { ports: [{ containerPort: 1, hostPort: 9090 }] })],
          containers: [container('a', { ports: [{ containerPort: 1, hostPort: 80 }, { containerPort: 2 }] })],
        },
      },
      'hostPort (containers "i", "a" use hostPorts 80, 9090)',
    ],
    [
      'probe host',
      {
        spec: {
          containers: [container('a', { livenessProbe: { httpGet: { port: 80, host: '10.0.0.1' } } })],
        },
      },
      'probe or lifecycle host (container "a" uses probe or lifecycle host "10.0.0.1")',
    ],
    [
      'procMount',
      one({ procMount: 'Unmasked' }),
      'procMount (container "a" must not set securityContext.procMount to "Unmasked")',
    ],
    [
      'seccomp',
      { spec: { securityContext: { seccompProfile: { type: 'Unconfined' } }, containers: [container('a')] } },
      'seccompProfile (pod must not set securityContext.seccompProfile.type to "Unconfined")',
    ],
    [
      'AppArmor',
      {
        spec: { containers: [container('a', { securityContext: { appArmorProfile: { type: 'Unconfined' } } })] },
        annotations: { 'container.apparmor.security.beta.kubernetes.io/a': 'unconfined' },
      },
      'forbidden AppArmor profiles (container "a" and annotation must not set AppArmor profile type to "Unconfined", ' +
        '"container.apparmor.security.beta.kubernetes.io/a="unconfined"")',
    ],
    [
      'SELinux',
      one({ seLinuxOptions: { type: 'spc_t', user: 'u' } }),
      'seLinuxOptions (container "a" set forbidden securityContext.seLinuxOptions: type "spc_t"; user may not be set)',
    ],
    [
      'sysctls',
      {
        spec: {
          containers: [],
          securityContext: { sysctls: [{ name: 'net.ipv4.tcp_rmem' }, { name: 'kernel.msgmax' }] },
        },
      },
      'forbidden sysctls (kernel.msgmax)',
    ],
    [
      'hostProcess',
      {
        spec: {
          securityContext: { windowsOptions: { hostProcess: true } },
          containers: [container('a', { securityContext: { windowsOptions: { hostProcess: true } } })],
        },
      },
      'hostProcess (pod and container "a" must not set securityContext.windowsOptions.hostProcess=true)',
    ],
  ])('%s', (_name, pod, message) => {
    expect(messageOf('baseline', pod)).toBe(message);
  });

  it('has an ephemeral container', () => {
    const spec = { containers: [], ephemeralContainers: [container('d', { securityContext: { privileged: true } })] };
    expect(messageOf('baseline', { spec })).toContain('container "d"');
  });
});

describe('a pod of restricted', () => {
  it('that asks for nothing breaks four rules', () => {
    expect(messageOf('restricted', { spec: { containers: [container('a'), container('b')] } })).toBe(
      [
        'allowPrivilegeEscalation != false (containers "a", "b" must set securityContext.allowPrivilegeEscalation=false)',
        'unrestricted capabilities (containers "a", "b" must set securityContext.capabilities.drop=["ALL"])',
        'runAsNonRoot != true (pod or containers "a", "b" must set securityContext.runAsNonRoot=true)',
        'seccompProfile (pod or containers "a", "b" must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")',
      ].join(', '),
    );
  });

  it.each<[name: string, spec: object, message: string]>([
    ['good', good(), ''],
    [
      'with a capability',
      good({ capabilities: { drop: ['ALL'], add: ['NET_BIND_SERVICE', 'CHOWN'] } }),
      'unrestricted capabilities (container "a" must not include "CHOWN" in securityContext.capabilities.add)',
    ],
    ['as root', good({ runAsUser: 0 }), 'runAsUser=0 (container "a" must not set runAsUser=0)'],
    [
      'that may be root',
      { ...good({ runAsNonRoot: undefined }), securityContext: { runAsNonRoot: false } },
      'runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)',
    ],
    [
      'with volumes',
      {
        ...good(),
        volumes: [
          { name: 'h', hostPath: { path: '/' } },
          { name: 'n', nfs: { server: 's', path: '/' } },
        ],
      },
      'restricted volume types (volumes "h", "n" use restricted volume types "hostPath", "nfs")',
    ],
  ])('%s', (_name, spec, message) => {
    expect(messageOf('restricted', { spec })).toBe(message);
  });
});

describe('a policy of a version', () => {
  const bare = { spec: { containers: [container('a')] } };
  it.each<[version: number, what: string, has: boolean]>([
    [7, 'allowPrivilegeEscalation', false],
    [8, 'allowPrivilegeEscalation', true],
    [18, 'seccompProfile', false],
    [19, 'seccompProfile', true],
    [21, 'unrestricted capabilities', false],
    [22, 'unrestricted capabilities', true],
  ])('restricted:v1.%d: %s is a rule: %s', (version, what, has) => {
    expect(messageOf('restricted', bare, version).includes(what)).toBe(has);
  });

  it('keeps the rule of baseline where restricted has none yet', () => {
    const spec = { containers: [container('a', { securityContext: { capabilities: { add: ['SYS_ADMIN'] } } })] };
    expect(messageOf('restricted', { spec }, 21)).toContain('non-default capabilities');
    expect(messageOf('restricted', { spec }, 22)).not.toContain('non-default capabilities');
  });

  it('exempts pods of Windows from what Windows has not, since 1.25', () => {
    const spec = { os: { name: 'windows' }, containers: [container('a', { securityContext: { runAsNonRoot: true } })] };
    expect(messageOf('restricted', { spec }, 25)).toBe('');
    expect(messageOf('restricted', { spec }, 24)).toContain('unrestricted capabilities');
  });

  it('lets a pod with users of its own be root, since 1.35', () => {
    const spec = { ...good({ runAsNonRoot: false, runAsUser: 0 }), hostUsers: false };
    expect(messageOf('restricted', { spec }, 35)).toBe('');
    expect(messageOf('restricted', { spec }, 34)).toContain('runAsUser=0');
  });
});

it('a pod that restricted allows is allowed by baseline', () => {
  const context = fc.record(
    {
      privileged: fc.boolean(),
      allowPrivilegeEscalation: fc.boolean(),
      runAsNonRoot: fc.boolean(),
      runAsUser: fc.constantFrom(0, 1000),
      procMount: fc.constantFrom('Default', 'Unmasked'),
      capabilities: fc.record({
        drop: fc.constantFrom([], ['ALL']),
        add: fc.subarray(['NET_BIND_SERVICE', 'CHOWN', 'BPF']),
      }),
      seccompProfile: fc.record({ type: fc.constantFrom('RuntimeDefault', 'Localhost', 'Unconfined') }),
    },
    { requiredKeys: [] },
  );
  const spec = fc.record({
    hostNetwork: fc.boolean(),
    volumes: fc.subarray([
      { name: 'h', hostPath: { path: '/' } },
      { name: 'e', emptyDir: {} },
    ]),
    containers: fc.array(
      context.map((securityContext) => container('a', { securityContext })),
      { minLength: 1, maxLength: 3 },
    ),
  });
  fc.assert(
    fc.property(spec, fc.integer({ min: 0, max: 40 }), (random, version) => {
      const pod = { annotations: {}, spec: random };
      const strict = violationsOf({ level: 'restricted', version }, pod);
      const weak = violationsOf({ level: 'baseline', version }, pod);
      if (strict.length === 0) expect(weak).toEqual([]);
      expect(violationsOf({ level: 'privileged', version }, pod)).toEqual([]);
    }),
  );
});
