import { eventually } from '@everynode/test-kit';
import { expect, it } from 'vitest';
import { runControllers } from '../../../fixtures/running-controllers.js';

it('takes the annotations of a slice away with those of the Endpoints that it mirrors', async () => {
  const running = await runControllers(['endpointslicemirroring']);
  const metadata = { name: 'mirrored', namespace: 'default' };
  const slices = () =>
    Array.from(
      running.context.reflector.cache('endpointslices.discovery.k8s.io').find('byService', 'default/mirrored'),
      ({ object }) => object,
    );
  try {
    await running.create('services', { apiVersion: 'v1', kind: 'Service', metadata, spec: { ports: [{ port: 80 }] } });
    await running.create('endpoints', {
      apiVersion: 'v1',
      kind: 'Endpoints',
      metadata: { ...metadata, annotations: { team: 'edge' } },
      subsets: [{ addresses: [{ ip: '10.1.2.3' }], ports: [{ port: 80 }] }],
    });
    await eventually(() => expect(slices().map((slice) => slice.metadata.annotations)).toEqual([{ team: 'edge' }]));
    await running.change('endpoints', 'default', 'mirrored', (object) => {
      delete object.metadata.annotations;
    });
    await eventually(() => expect(slices().map((slice) => 'annotations' in slice.metadata)).toEqual([false]));
  } finally {
    await running.stop();
  }
});
