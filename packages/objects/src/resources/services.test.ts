import { describe, expect, it } from 'vitest';
import { creationErrors, sentObject, updateErrors } from '../../testing/sent-object.js';
import { fieldErrorMessage } from '../field-error.js';

const ports = [{ port: 80 }];
const own = { clusterIP: '10.96.0.1', clusterIPs: ['10.96.0.1'] };
const QUALIFIED =
  "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')";

// Each message is what Kubernetes 1.36 says: pkg/apis/core/validation, ValidateService.
describe('a service', () => {
  it.each<[object, string[]]>([
    [{ ports }, []],
    [{ clusterIP: 'None', ports: [{ port: 80, targetPort: 8080 }] }, []],
    [{ clusterIP: 'None', ports: [{ port: 80, targetPort: 'http' }] }, []],
    [{ type: 'LoadBalancer', ports, loadBalancerSourceRanges: [' 10.0.0.0/8 '], loadBalancerClass: 'a.b/c' }, []],
    [{ type: 'LoadBalancer', ports: [{ port: 10_250 }] }, []],
    [{ ports, trafficDistribution: 'PreferSameZone', externalIPs: ['203.0.113.1'] }, []],
    [{}, ['spec.ports: Required value']],
    [
      { type: 'LoadBalancer', clusterIP: 'None', ports },
      ['spec.clusterIPs[0]: Invalid value: "None": may not be set to \'None\' for LoadBalancer services'],
    ],
    [
      {
        type: 'ExternalName',
        externalName: '',
        clusterIP: '10.96.0.1',
        ipFamilies: ['IPv4'],
        ipFamilyPolicy: 'SingleStack',
      },
      [
        'spec.clusterIPs: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilies: Forbidden: may not be set for ExternalName services',
        'spec.ipFamilyPolicy: Forbidden: may not be set for ExternalName services',
        'spec.externalName: Required value',
      ],
    ],
    [
      {
        ports: [
          { port: 80, appProtocol: '-' },
          { name: 'a', port: 80, nodePort: 3 },
        ],
      },
      [
        'spec.ports[0].name: Required value',
        `spec.ports[0].appProtocol: Invalid value: "-": ${QUALIFIED}`,
        "spec.ports[1].nodePort: Forbidden: may not be used when `type` is 'ClusterIP'",
        'spec.ports[1]: Duplicate value: {"Name":"","Protocol":"TCP","AppProtocol":null,"Port":80,"TargetPort":0,"NodePort":0}',
      ],
    ],
    [
      { ports, ipFamilies: ['IPv4', 'IPv4', 'IPv5'], ipFamilyPolicy: 'Both' },
      [
        'spec.ipFamilies[1]: Duplicate value: "IPv4"',
        'spec.ipFamilies[2]: Unsupported value: "IPv5": supported values: "IPv4", "IPv6"',
        'spec.ipFamilyPolicy: Unsupported value: "Both": supported values: "PreferDualStack", "RequireDualStack", "SingleStack"',
      ],
    ],
    [
      { ports, clusterIPs: ['10.96.0.1', '10.96.0.2'] },
      ['spec.clusterIPs: Invalid value: ["10.96.0.1","10.96.0.2"]: may specify no more than one IP for each IP family'],
    ],
    [
      { ports, clusterIPs: ['None', '10.96.0.2'] },
      ['spec.clusterIPs: Invalid value: ["None","10.96.0.2"]: \'None\' must be the first and only value'],
    ],
    [
      { ports, clusterIP: '10.96.0.1', ipFamilies: ['IPv6'] },
      ['spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`'],
    ],
    [
      {
        ports,
        externalIPs: ['x', '127.0.0.1', '0.0.0.0', '169.254.1.1', 'ff02::1', 'ff12::1'],
        externalTrafficPolicy: 'Cluster',
      },
      [
        'spec.externalIPs[0]: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
        'spec.externalIPs[1]: Invalid value: "127.0.0.1": may not be in the loopback range (127.0.0.0/8, ::1/128)',
        'spec.externalIPs[2]: Invalid value: "0.0.0.0": may not be unspecified (0.0.0.0)',
        'spec.externalIPs[3]: Invalid value: "169.254.1.1": may not be in the link-local range (169.254.0.0/16, fe80::/10)',
        'spec.externalIPs[4]: Invalid value: "ff02::1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
        'spec.externalIPs[5]: Invalid value: "ff12::1": may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)',
      ],
    ],
    [
      { ports, loadBalancerSourceRanges: ['10.0.0.1'], loadBalancerClass: 'a', allocateLoadBalancerNodePorts: false },
      [
        "spec.LoadBalancerSourceRanges: Forbidden: may only be used when `type` is 'LoadBalancer'",
        'spec.LoadBalancerSourceRanges[0]: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        "spec.allocateLoadBalancerNodePorts: Forbidden: may only be used when `type` is 'LoadBalancer'",
        "spec.loadBalancerClass: Forbidden: may only be used when `type` is 'LoadBalancer'",
      ],
    ],
    [
      { ports, externalTrafficPolicy: 'Local', healthCheckNodePort: 30_000, trafficDistribution: 'Near' },
      [
        'spec.externalTrafficPolicy: Invalid value: "Local": may only be set for externally-accessible services',
        "spec.healthCheckNodePort: Invalid value: 30000: may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
        'spec.trafficDistribution: Unsupported value: "Near": supported values: "PreferClose", "PreferSameZone", "PreferSameNode"',
      ],
    ],
    [
      { type: 'LoadBalancer', ports, externalTrafficPolicy: 'Local', internalTrafficPolicy: 'Node' },
      [
        'spec.healthCheckNodePort: Required value',
        'spec.internalTrafficPolicy: Unsupported value: "Node": supported values: "Cluster", "Local"',
      ],
    ],
  ])('%j', (spec, errors) => {
    expect(creationErrors('services', { spec })).toEqual(errors);
  });

  it('says the same of its topology in both annotations', () => {
    const [mode, hints] = ['service.kubernetes.io/topology-mode', 'service.kubernetes.io/topology-aware-hints'];
    const of = (annotations: object) => creationErrors('services', { metadata: { annotations }, spec: { ports } });
    expect(of({ [mode]: 'Auto', [hints]: 'Auto' })).toEqual([]);
    expect(of({ [mode]: 'Auto', [hints]: 'Disabled' })).toEqual([
      `metadata.annotations[${mode}]: Invalid value: "Auto": must match annotations[${hints}] when both are specified`,
    ]);
  });

  it('may name who reaches its load balancer in an annotation', () => {
    const key = 'service.beta.kubernetes.io/load-balancer-source-ranges';
    const of = (ranges: string, spec: object) => ({
      metadata: { annotations: { [key]: ranges } },
      spec: { ports, ...spec },
    });
    expect(creationErrors('services', of('10.0.0.0/8, 11.0.0.0/8', { type: 'LoadBalancer' }))).toEqual([]);
    expect(creationErrors('services', of('x', {}))).toEqual([
      `metadata.annotations[${key}]: Forbidden: may only be used when \`type\` is 'LoadBalancer'`,
      `metadata.annotations[${key}]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)`,
    ]);
  });
});

describe('an update of a service', () => {
  const balanced = { type: 'LoadBalancer', ports, ...own, externalTrafficPolicy: 'Local' };

  it.each<[object, object, string[]]>([
    [{ ports, ...own }, { ports, ...own, ipFamilies: ['IPv4'] }, []],
    [
      { ports, clusterIP: '10.96.0.2' },
      { ports, ...own },
      ['spec.clusterIPs[0]: Invalid value: ["10.96.0.2"]: may not change once set'],
    ],
    [{ ports }, { ports, ...own }, ['spec.clusterIPs[0]: Invalid value: null: primary clusterIP can not be unset']],
    [
      { ports, ...own, ipFamilies: ['IPv6'] },
      { ports, ...own, ipFamilies: ['IPv4'] },
      [
        'spec.clusterIPs[0]: Invalid value: "10.96.0.1": expected an IPv6 value as indicated by `ipFamilies[0]`',
        'spec.ipFamilies[0]: Invalid value: ["IPv6"]: may not change once set',
      ],
    ],
    [
      { ...balanced, loadBalancerClass: 'b', healthCheckNodePort: 30_002 },
      { ...balanced, loadBalancerClass: 'a', healthCheckNodePort: 30_001 },
      [
        'spec.loadBalancerClass: Invalid value: "b": may not change once set',
        'spec.healthCheckNodePort: Forbidden: field is immutable',
      ],
    ],
  ])('%j over %j', (spec, current, errors) => {
    expect(updateErrors('services', { spec }, { spec: current })).toEqual(errors);
  });

  it('keeps the port of health checks, and drops it with the need', () => {
    const { definition, object } = sentObject('services', { spec: balanced });
    const stored = sentObject('services', { spec: { ...balanced, healthCheckNodePort: 30_001 } }).object;
    definition.prepareForUpdate(object, stored);
    expect(object.spec).toMatchObject({ healthCheckNodePort: 30_001 });
    const spec = { ...balanced, externalTrafficPolicy: 'Cluster', healthCheckNodePort: 30_001 };
    const cluster = sentObject('services', { spec }).object;
    definition.prepareForUpdate(cluster, stored);
    expect(cluster.spec).not.toHaveProperty('healthCheckNodePort');
  });
});

describe('the status of a service', () => {
  const told = (type: string, ingress: object[]): string[] => {
    const sent = sentObject('services', { spec: { type, ports }, status: { loadBalancer: { ingress } } });
    return sent.definition.validateStatusUpdate(sent.object, sent.object).map(fieldErrorMessage);
  };

  it('says how the addresses of a load balancer are meant', () => {
    const status = { loadBalancer: { ingress: [{ ip: '203.0.113.1' }, { hostname: 'a.example' }] } };
    const { object } = sentObject('services', { spec: { type: 'LoadBalancer', ports }, status });
    const points = [{ ip: '203.0.113.1', ipMode: 'VIP' }, { hostname: 'a.example' }];
    expect(object.status).toEqual({ loadBalancer: { ingress: points } });
    expect(told('LoadBalancer', points)).toEqual([]);
  });

  it('is held to the rules of load balancers', () => {
    const at = 'status.loadBalancer.ingress';
    expect(told('ClusterIP', [{ ip: '203.0.113.1' }])).toEqual([
      `${at}: Forbidden: may only be used when \`spec.type\` is 'LoadBalancer'`,
    ]);
    const points = [{ ip: 'x', ipMode: 'Any' }, { ipMode: 'VIP' }, { hostname: '203.0.113.1' }];
    expect(told('LoadBalancer', points)).toEqual([
      `${at}[0].ip: Invalid value: "x": must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)`,
      `${at}[0].ipMode: Unsupported value: "Any": supported values: "Proxy", "VIP"`,
      `${at}[1].ipMode: Forbidden: may not be specified when \`ip\` is not set`,
      `${at}[2].hostname: Invalid value: "203.0.113.1": must be a DNS name, not an IP address`,
    ]);
  });
});
