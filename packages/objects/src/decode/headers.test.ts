import { describe, expect, it } from 'vitest';
import { decodeObject } from './decode-object.js';
import { parseBody } from './parse-body.js';

const DAEMON_SET = { group: 'apps', version: 'v1', kind: 'DaemonSet', schema: 'io.k8s.api.apps.v1.DaemonSet' };

/** Texts that a kube-apiserver 1.36 has answered. */
function refusalOf(text: string): string {
  try {
    decodeObject(parseBody(text, 'json', 'DaemonSet'), DAEMON_SET);
    return '';
  } catch (error) {
    return (error as Error).message;
  }
}

const UNRECOGNIZED = 'the object provided is unrecognized (must be of type DaemonSet)';
const PARSE = "couldn't get version/kind; json parse error";
const CANNOT = 'DaemonSet in version "v1" cannot be handled as a DaemonSet: json: cannot unmarshal';

describe('a body that is not of its type', () => {
  it.each([
    [
      '{"kind": 5}',
      `${UNRECOGNIZED}: ${PARSE}: json: cannot unmarshal number into Go struct field .kind of type string`,
    ],
    [
      '{"apiVersion": []}',
      `${UNRECOGNIZED}: ${PARSE}: json: cannot unmarshal array into Go struct field .apiVersion of type string`,
    ],
    ['{"apiVersion": "a/b/c"}', `${UNRECOGNIZED}: unexpected GroupVersion string: a/b/c`],
    ['\x1f', `${UNRECOGNIZED}: ${PARSE}: invalid character '\\x1f' looking for beginning of value`],
    [`{"x": ${'['.repeat(10_001)}${']'.repeat(10_001)}}`, `${UNRECOGNIZED}: ${PARSE}: invalid character '[' exceeded`],
    [
      '{"apiVersion": "extensions/v1beta1"}',
      'the API version in the data (extensions/v1beta1) does not match the expected API version (apps/v1)',
    ],
    [
      '{"spec": {"minReadySeconds": 5.0}}',
      `${CANNOT} number 5.0 into Go struct field DaemonSetSpec.spec.minReadySeconds of type int32`,
    ],
    [
      '{"spec": {"template": {"spec": {"containers": [{"ports": [{"containerPort":1e2}]}]}}}}',
      `${CANNOT} number 1e2 into Go struct field ContainerPort.spec.template.spec.containers.ports.containerPort of type int32`,
    ],
    [
      '{"spec": {"updateStrategy": {"rollingUpdate": {"maxUnavailable": 1.0}}}}',
      `${CANNOT} number 1.0 into Go struct field RollingUpdateDaemonSet.spec.updateStrategy.rollingUpdate.maxUnavailable of type int32`,
    ],
  ])('%.60s', (text, message) => {
    expect(refusalOf(text)).toContain(message);
  });

  it('has numbers in texts, in quantities and in unknown fields', () => {
    const container = '{"image": "a:1.0", "resources": {"limits": {"cpu": 1.50}}, "x": 2.0}';
    expect(refusalOf(`{"spec": {"y": 1e3, "template": {"spec": {"containers": [${container}]}}}}`)).toBe('');
  });
});
