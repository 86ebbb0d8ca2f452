import { describe, expect, it } from 'vitest';
import { creationErrors, sentObject, updateErrors } from '../../testing/sent-object.js';

const SUBDOMAIN =
  "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
const WILDCARD =
  "a wildcard DNS-1123 subdomain must start with '*.', followed by a valid DNS subdomain, which must consist of lower case alphanumeric characters, '-' or '.' and end with an alphanumeric character (e.g. '*.example.com', regex used for validation is '\\*\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";

// Each message is what Kubernetes 1.36 says: pkg/apis/networking/validation.
const POLICIES = 'networkpolicies.networking.k8s.io';

describe('network policies', () => {
  it('have defaults', () => {
    const ports = [{ port: 53, protocol: 'UDP' }, { port: 'dns' }];
    const ofIngress = sentObject(POLICIES, { spec: { podSelector: {}, ingress: [{ ports }] } });
    expect(ofIngress.object.spec).toEqual({
      podSelector: {},
      ingress: [
        {
          ports: [
            { port: 53, protocol: 'UDP' },
            { port: 'dns', protocol: 'TCP' },
          ],
        },
      ],
      policyTypes: ['Ingress'],
    });
    const ofBoth = sentObject(POLICIES, { spec: { podSelector: {}, egress: [{}] } });
    expect(ofBoth.object.spec).toMatchObject({ policyTypes: ['Ingress', 'Egress'] });
  });

  it.each<[object, string[]]>([
    [{ ingress: [{}], egress: [{ to: [{ podSelector: {}, namespaceSelector: {} }] }] }, []],
    [{ ingress: [{ from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.1.0.0/16'] } }] }] }, []],
    [{ ingress: [{ ports: [{ port: 80, endPort: 90 }, { port: 'http' }, { protocol: 'SCTP' }] }] }, []],
    [
      { podSelector: { matchLabels: { a: 'a b' } } },
      [
        "spec.podSelector.matchLabels: Invalid value: \"a b\": a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')",
      ],
    ],
    [
      { ingress: [{ ports: [{ protocol: 'HTTP', port: 0, endPort: 70_000 }] }] },
      [
        'spec.ingress[0].ports[0].protocol: Unsupported value: "HTTP": supported values: "TCP", "UDP", "SCTP"',
        'spec.ingress[0].ports[0].port: Invalid value: 0: must be between 1 and 65535, inclusive',
        'spec.ingress[0].ports[0].endPort: Invalid value: 70000: must be between 1 and 65535, inclusive',
      ],
    ],
    [
      { egress: [{ ports: [{ port: 'http', endPort: 3 }, { endPort: 3 }, { port: 5, endPort: 3 }] }] },
      [
        'spec.egress[0].ports[0].endPort: Invalid value: 3: may not be specified when `port` is non-numeric',
        'spec.egress[0].ports[1].endPort: Invalid value: 3: may not be specified when `port` is not specified',
        'spec.egress[0].ports[2].endPort: Invalid value: 3: must be greater than or equal to `port`',
      ],
    ],
    [{ ingress: [{ from: [{}] }] }, ['spec.ingress[0].from[0]: Required value: must specify a peer']],
    [
      { egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' }, podSelector: {} }] }] },
      ['spec.egress[0].to[0]: Forbidden: may not specify both ipBlock and another peer'],
    ],
    [
      { ingress: [{ from: [{ ipBlock: { cidr: '' } }, { ipBlock: { cidr: '10.0.0.1' } }] }] },
      [
        'spec.ingress[0].from[0].ipBlock.cidr: Required value',
        'spec.ingress[0].from[1].ipBlock.cidr: Invalid value: "10.0.0.1": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
      ],
    ],
    [
      {
        ingress: [
          { from: [{ ipBlock: { cidr: '10.0.0.0/8', except: ['10.0.0.0/8', '11.0.0.0/16', 'x', 'fd00::/64'] } }] },
        ],
      },
      [
        'spec.ingress[0].from[0].ipBlock.except[0]: Invalid value: "10.0.0.0/8": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[1]: Invalid value: "11.0.0.0/16": must be a strict subset of `cidr`',
        'spec.ingress[0].from[0].ipBlock.except[2]: Invalid value: "x": must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)',
        'spec.ingress[0].from[0].ipBlock.except[3]: Invalid value: "fd00::/64": must be a strict subset of `cidr`',
      ],
    ],
    [
      { policyTypes: ['Ingress', 'Both'] },
      ['spec.policyTypes[1]: Unsupported value: "Both": supported values: "Ingress", "Egress"'],
    ],
    [
      { policyTypes: ['Ingress', 'Egress', 'Egress'] },
      ['spec.policyTypes: Invalid value: ["Ingress","Egress","Egress"]: may not specify more than two policyTypes'],
    ],
  ])('%j', (spec, errors) => {
    expect(creationErrors(POLICIES, { spec: { podSelector: {}, ...spec } })).toEqual(errors);
  });
});

const INGRESSES = 'ingresses.networking.k8s.io';
const service = { name: 's', port: { number: 80 } };
const path = { path: '/', pathType: 'Prefix', backend: { service } };
const rulesOf = (...paths: object[]): object => ({ rules: [{ http: { paths } }] });
const AT = 'spec.rules[0].http.paths[0]';

describe('ingresses', () => {
  it.each<[object, string[]]>([
    [{ rules: [{ host: '*.example.com', http: { paths: [path] } }], ingressClassName: 'nginx' }, []],
    [{ defaultBackend: { resource: { apiGroup: 'example.com', kind: 'Bucket', name: 'b' } } }, []],
    [rulesOf({ pathType: 'ImplementationSpecific', backend: { service } }), []],
    [{}, ['spec: Invalid value: null: either `defaultBackend` or `rules` must be specified']],
    [
      { rules: [{ host: '10.0.0.1' }, { host: '*example.com' }, { host: 'A_b' }, { http: { paths: [] } }] },
      [
        'spec.rules[0].host: Invalid value: "10.0.0.1": must be a DNS name, not an IP address',
        `spec.rules[1].host: Invalid value: "*example.com": ${WILDCARD}`,
        `spec.rules[2].host: Invalid value: "A_b": ${SUBDOMAIN}`,
        'spec.rules[3].http.paths: Required value',
      ],
    ],
    [rulesOf({ path: '/', backend: { service } }), [`${AT}.pathType: Required value: pathType must be specified`]],
    [
      rulesOf({ ...path, pathType: 'Regex' }),
      [`${AT}.pathType: Unsupported value: "Regex": supported values: "Exact", "ImplementationSpecific", "Prefix"`],
    ],
    [
      rulesOf({ ...path, path: 'a//b/..' }),
      [
        `${AT}.path: Invalid value: "a//b/..": must be an absolute path`,
        `${AT}.path: Invalid value: "a//b/..": must not contain '//'`,
        `${AT}.path: Invalid value: "a//b/..": cannot end with '/..'`,
      ],
    ],
    [rulesOf({ ...path, backend: {} }), [`${AT}.backend: Invalid value: "": resource or service backend is required`]],
    [
      rulesOf({ ...path, backend: { service, resource: { kind: 'K', name: 'n' } } }),
      [`${AT}.backend: Invalid value: "": cannot set both resource and service backends`],
    ],
    [
      rulesOf({ ...path, backend: { service: { name: '', port: {} } } }),
      [`${AT}.backend.service.name: Required value`, `${AT}.backend: Required value: port name or number is required`],
    ],
    [
      rulesOf({ ...path, backend: { service: { name: 's', port: { number: 70_000 } } } }),
      [`${AT}.backend.service.port.number: Invalid value: 70000: must be between 1 and 65535, inclusive`],
    ],
    [
      rulesOf({ ...path, backend: { service: { name: 's', port: { number: 80, name: 'http' } } } }),
      [`${AT}.backend: Invalid value: "": cannot set both port name & port number`],
    ],
    [
      { defaultBackend: { resource: { apiGroup: 'A', kind: '', name: 'a/b' } } },
      [
        `spec.defaultBackend.resource.apiGroup: Invalid value: "A": ${SUBDOMAIN}`,
        'spec.defaultBackend.resource.kind: Required value',
        'spec.defaultBackend.resource.name: Invalid value: "a/b": may not contain \'/\'',
      ],
    ],
    [
      { ...rulesOf(path), tls: [{ hosts: ['*', 'a_b'], secretName: 'S' }], ingressClassName: '_' },
      [
        `spec.tls[0].hosts[0]: Invalid value: "*": ${WILDCARD}`,
        `spec.tls[0].hosts[1]: Invalid value: "a_b": ${SUBDOMAIN}`,
        `spec.tls[0].secretName: Invalid value: "S": ${SUBDOMAIN}`,
        `spec.ingressClassName: Invalid value: "_": ${SUBDOMAIN}`,
      ],
    ],
  ])('%j', (spec, errors) => {
    expect(creationErrors(INGRESSES, { spec })).toEqual(errors);
  });

  it('name one class', () => {
    const metadata = { annotations: { 'kubernetes.io/ingress.class': 'a' } };
    const of = (ingressClassName: string) => ({ metadata, spec: { ...rulesOf(path), ingressClassName } });
    expect(creationErrors(INGRESSES, of('a'))).toEqual([]);
    expect(creationErrors(INGRESSES, of('b'))).toEqual([
      'annotations.kubernetes.io/ingress.class: Invalid value: "a": must match `ingressClassName` when both are specified',
    ]);
    expect(updateErrors(INGRESSES, of('b'), of('a'))).toEqual([]);
  });
});

const CLASSES = 'ingressclasses.networking.k8s.io';
const parametersOf = (parameters: object): object => ({ controller: 'example.com/c', parameters });

describe('ingress classes', () => {
  it.each<[object, string[]]>([
    [parametersOf({ kind: 'K', name: 'n', scope: 'Namespace', namespace: 'a' }), []],
    [{}, ['spec.controller: Required value']],
    [
      { controller: 'nginx' },
      ['spec.controller: Invalid value: "nginx": must be a domain-prefixed path (such as "acme.io/foo")'],
    ],
    [
      parametersOf({ kind: 'K', name: 'n', namespace: 'a' }),
      ["spec.parameters.namespace: Forbidden: `parameters.scope` is set to 'Cluster'"],
    ],
    [
      parametersOf({ kind: '', name: '', scope: 'Namespace' }),
      [
        'spec.parameters.kind: Required value',
        'spec.parameters.name: Required value',
        "spec.parameters.namespace: Required value: `parameters.scope` is set to 'Namespace'",
      ],
    ],
    [
      parametersOf({ kind: 'K', name: 'n', scope: 'All' }),
      ['spec.parameters.scope: Unsupported value: "All": supported values: "Cluster", "Namespace"'],
    ],
  ])('%j', (spec, errors) => {
    expect(creationErrors(CLASSES, { spec })).toEqual(errors);
  });

  it('keep their controller', () => {
    const of = (controller: string) => ({ spec: { controller } });
    expect(updateErrors(CLASSES, of('a.b/c'), of('a.b/d'))).toEqual([
      'spec.controller: Invalid value: "a.b/c": field is immutable',
    ]);
  });
});

it('ports of endpoints have a protocol', () => {
  const { object } = sentObject('endpoints', { subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 1 }] }] });
  expect(object.subsets).toMatchObject([{ ports: [{ port: 1, protocol: 'TCP' }] }]);
  const slice = sentObject('endpointslices.discovery.k8s.io', {
    addressType: 'IPv4',
    endpoints: [],
    ports: [{ port: 1 }],
  });
  expect(slice.object.ports).toEqual([{ name: '', port: 1, protocol: 'TCP' }]);
});
