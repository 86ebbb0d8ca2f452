import { type KubeObject, splitObject } from '@everynode/objects';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PodText } from './pod-text.js';

const text = fc.string({ unit: 'grapheme' });

it('returns what encoding each pod would return, whatever is in the manifest and in the names', () => {
  const pods = fc.record({
    labels: fc.dictionary(text, text),
    value: fc.jsonValue(),
    names: fc.array(fc.record({ name: text, node: text, uid: text }), { minLength: 1, maxLength: 4 }),
    hasStatus: fc.boolean(),
  });
  fc.assert(
    fc.property(pods, ({ labels, value, names, hasStatus }) => {
      const podFor = ({ name, node, uid }: (typeof names)[number]): KubeObject => ({
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, uid, creationTimestamp: '2026-01-01T00:00:00Z', labels },
        spec: { value, nodeName: node, affinity: [{ values: [node] }] },
        ...(hasStatus && { status: { phase: 'Pending', nominatedNodeName: node } }),
      });
      const pod = new PodText(podFor);
      for (const one of names) expect(pod.fill(one)).toEqual(splitObject(podFor(one)));
    }),
  );
});
