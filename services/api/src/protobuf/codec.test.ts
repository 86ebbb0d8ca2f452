import protobuf from 'protobufjs';
import { describe, expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from './codec.js';
import { unwrap, wrap } from './envelope.js';

// A part of upstream's .proto files, for an encoder that knows nothing of ours. Field numbers: k8s.io/api core/v1,
// generated.proto.
const PROTO = `
syntax = "proto2";
message Time { optional int64 seconds = 1; optional int32 nanos = 2; }
message IntOrString { optional int64 type = 1; optional int32 intVal = 2; optional string strVal = 3; }
message Quantity { optional string string = 1; }
message ObjectMeta {
  optional string name = 1; optional string namespace = 3; optional int64 generation = 7; optional Time creationTimestamp = 8;
  map<string, string> labels = 11;
}
message HTTPGetAction { optional string path = 1; optional IntOrString port = 2; }
message ProbeHandler { optional HTTPGetAction httpGet = 2; }
message Probe { optional ProbeHandler handler = 1; optional int32 periodSeconds = 4; }
message EmptyDir { optional string medium = 1; }
message VolumeSource { optional EmptyDir emptyDir = 2; }
message Volume { optional string name = 1; optional VolumeSource volumeSource = 2; }
message Resources { map<string, Quantity> limits = 1; }
message Container {
  optional string name = 1; optional string image = 2; repeated string args = 4; optional Resources resources = 8;
  optional Probe livenessProbe = 10; optional bool stdin = 16;
}
message PodSpec {
  repeated Volume volumes = 1; repeated Container containers = 2; optional int64 terminationGracePeriodSeconds = 4;
  optional bool hostNetwork = 11;
}
message Pod { optional ObjectMeta metadata = 1; optional PodSpec spec = 2; }
`;
const Pod = protobuf.parse(PROTO, { keepCase: true }).root.lookupType('Pod');
const POD = 'k8s.io.api.core.v1.Pod';

const seconds = Date.parse('2026-11-24T10:00:00Z') / 1000;

const asJson = {
  metadata: {
    name: 'p',
    namespace: 'n',
    generation: 7,
    creationTimestamp: '2026-11-24T10:00:00Z',
    labels: { a: 'b', c: '' },
  },
  spec: {
    volumes: [{ name: 'v', emptyDir: { medium: 'Memory' } }],
    containers: [
      {
        name: 'c',
        image: 'i:1',
        args: ['-x', ''],
        resources: { limits: { cpu: '500m' } },
        livenessProbe: { httpGet: { path: '/healthz', port: 'web' }, periodSeconds: 10 },
        stdin: true,
      },
      { name: 'd', livenessProbe: { httpGet: { port: 8080 } } },
    ],
    terminationGracePeriodSeconds: 0,
    hostNetwork: true,
  },
};

const asMessage = {
  metadata: {
    name: 'p',
    namespace: 'n',
    generation: 7,
    creationTimestamp: { seconds, nanos: 0 },
    labels: { a: 'b', c: '' },
  },
  spec: {
    volumes: [{ name: 'v', volumeSource: { emptyDir: { medium: 'Memory' } } }],
    containers: [
      {
        name: 'c',
        image: 'i:1',
        args: ['-x', ''],
        resources: { limits: { cpu: { string: '500m' } } },
        livenessProbe: {
          handler: { httpGet: { path: '/healthz', port: { type: 1, intVal: 0, strVal: 'web' } } },
          periodSeconds: 10,
        },
        stdin: true,
      },
      { name: 'd', livenessProbe: { handler: { httpGet: { port: { type: 0, intVal: 8080, strVal: '' } } } } },
    ],
    terminationGracePeriodSeconds: 0,
    hostNetwork: true,
  },
};

describe('messages', () => {
  it('writes what another encoder reads', () => {
    const read = Pod.toObject(Pod.decode(encodeMessage(POD, asJson)), { longs: Number });
    expect(read).toEqual(asMessage);
  });

  it('reads what another encoder writes', () => {
    expect(decodeMessage(POD, Pod.encode(Pod.fromObject(asMessage)).finish())).toEqual(asJson);
  });

  it.each([
    ['a negative number', 'k8s.io.api.core.v1.Toleration', { tolerationSeconds: -1 }],
    ['bytes', 'k8s.io.api.core.v1.Secret', { data: { a: 'AAEC/w==', empty: '' } }],
    ['embedded JSON', 'k8s.io.api.apps.v1.ControllerRevision', { data: { spec: { x: [1, '<'] } }, revision: 3 }],
    ['microseconds', 'k8s.io.api.coordination.v1.LeaseSpec', { renewTime: '2026-11-24T10:00:00.123456Z' }],
    [
      'a time before 1970',
      'k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta',
      { creationTimestamp: '1969-12-31T23:59:59Z' },
    ],
    ['an empty object', 'k8s.io.api.core.v1.PodSpec', { securityContext: {} }],
    [
      'a list of texts in a map',
      'k8s.io.api.authorization.v1.SubjectAccessReviewSpec',
      { extra: { a: ['b', 'c'], d: [] } },
    ],
    ['an embedded reference', 'k8s.io.api.core.v1.ConfigMapKeySelector', { name: 'm', key: 'k', optional: false }],
    ['managed fields', 'k8s.io.apimachinery.pkg.apis.meta.v1.ManagedFieldsEntry', { fieldsV1: { 'f:spec': {} } }],
    ['an odd label', 'k8s.io.apimachinery.pkg.apis.meta.v1.ObjectMeta', JSON.parse('{"labels":{"__proto__":"x"}}')],
  ])('keeps %s', (_name, message, value) => {
    expect(decodeMessage(message, encodeMessage(message, value))).toEqual(value);
  });

  it('leaves null and members of no message out', () => {
    expect(decodeMessage(POD, encodeMessage(POD, { metadata: { creationTimestamp: null, x: 1 } }))).toEqual({
      metadata: {},
    });
  });

  it('refuses bytes that are cut off', () => {
    const bytes = encodeMessage(POD, asJson);
    expect(() => decodeMessage(POD, bytes.subarray(0, bytes.length - 3))).toThrow();
  });
});

describe('the envelope', () => {
  it('is four bytes and a runtime.Unknown', () => {
    const bytes = wrap({ apiVersion: 'v1', kind: 'Pod' }, Buffer.from('\n\x03\n\x01p'));
    expect(bytes.toString('latin1')).toBe('k8s\0\n\t\n\x02v1\x12\x03Pod\x12\x05\n\x03\n\x01p\x1a\0"\0');
    expect(unwrap(bytes)).toEqual({ apiVersion: 'v1', kind: 'Pod', raw: Buffer.from('\n\x03\n\x01p') });
  });

  it('refuses what has no prefix', () => {
    expect(() => unwrap(Buffer.from('{}'))).toThrow('prefix');
  });
});

describe('definitions of custom resources', () => {
  const DEFINITION = 'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinition';
  const schema = (openAPIV3Schema: object) => ({
    spec: { group: 'g', versions: [{ name: 'v1', schema: { openAPIV3Schema } }] },
  });

  it('keep schemas in each form that they have in JSON', () => {
    const definition = schema({
      type: 'object',
      $ref: '#/x',
      $schema: 'y',
      maximum: 1.5,
      minLength: 0,
      default: { a: [1, null, 'x'] },
      enum: ['a', 2],
      properties: { __proto__x: { items: { type: 'string' } }, empty: {}, b: { items: [{ type: 'integer' }] } },
      additionalProperties: { type: 'string', 'x-kubernetes-list-map-keys': ['k'] },
      additionalItems: false,
      dependencies: { d: ['e'], f: { type: 'object' } },
      'x-kubernetes-preserve-unknown-fields': true,
      'x-kubernetes-int-or-string': true,
      'x-kubernetes-validations': [{ rule: 'true', optionalOldSelf: true }],
    });
    expect(decodeMessage(DEFINITION, encodeMessage(DEFINITION, definition))).toEqual(definition);
  });

  it('may not be deeper than can be walked through', () => {
    let deep: object = { type: 'string' };
    for (let at = 0; at < 600; at += 1) deep = { not: deep };
    expect(() => decodeMessage(DEFINITION, encodeMessage(DEFINITION, schema(deep)))).toThrow('exceeded max depth');
  });
});
