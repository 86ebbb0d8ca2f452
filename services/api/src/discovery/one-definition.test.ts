import { CachedObject } from '@everynode/list-watch';
import { apiResourceList, decodeObject, type KubeObject, resources, splitObject } from '@everynode/objects';
import { defineResource, genericTable } from '@everynode/objects/testing';
import { openApiV2, openApiV3 } from '@everynode/openapi';
import { describe, expect, it } from 'vitest';
import { readObject } from '../../testing/protobuf-client.js';
import { presenterFor } from '../present/presenter-for.js';

/** A kind that is not served, described as packages/objects/README.md says. */
const podTemplates = defineResource({
  group: '',
  version: 'v1',
  kind: 'PodTemplate',
  plural: 'podtemplates',
  namespaced: true,
  schema: 'io.k8s.api.core.v1.PodTemplate',
  table: genericTable,
});

const sent = {
  metadata: { name: 't', labels: { a: 'b' } },
  template: { spec: { containers: [{ name: 'c', resources: { limits: { cpu: '1000m' } } }], unknown: 1 } },
};

describe('a resource is one definition', () => {
  const { object, warnings } = decodeObject({ value: sent }, podTemplates, 'Warn');
  podTemplates.setDefaults(object);
  podTemplates.prepareForCreate(object);
  const uid = '1-2-3';
  const metadata = { ...object.metadata, uid, creationTimestamp: '2026-01-01T00:00:00Z' };
  const stored = new CachedObject(
    { resource: podTemplates.storage, namespace: '', name: 't', uid, revision: 7, placement: null, ...parts() },
    { apiVersion: 'v1', kind: 'PodTemplate' },
  );

  function parts() {
    return splitObject({ ...object, metadata } as KubeObject);
  }

  it('is decoded and validated', () => {
    expect(warnings).toEqual(['unknown field "template.spec.unknown"']);
    expect(object.template).toMatchObject({ spec: { containers: [{ resources: { limits: { cpu: '1' } } }] } });
    expect(podTemplates.validate({ ...object, metadata: { ...metadata, name: 'T', namespace: 'n' } })).toMatchObject([
      { field: 'metadata.name' },
    ]);
  });

  it('is discovered, and described in both versions of OpenAPI', () => {
    const list = apiResourceList(
      { resources: [...resources, podTemplates], postedKinds: [] },
      { group: '', version: 'v1' },
    );
    expect(list?.resources.find(({ name }) => name === 'podtemplates')).toMatchObject({
      singularName: 'podtemplate',
      kind: 'PodTemplate',
      namespaced: true,
    });
    const path = '/api/v1/namespaces/{namespace}/podtemplates/{name}';
    const v3 = openApiV3([podTemplates], {});
    expect(v3.paths[path]).toHaveProperty('patch');
    expect(v3.components.schemas).toHaveProperty(['io.k8s.api.core.v1.PodTemplateList']);
    expect(openApiV2([podTemplates], {}).definitions).toHaveProperty(['io.k8s.api.core.v1.PodTemplate']);
  });

  it('is presented in every form', () => {
    const json = presenterFor(podTemplates, { kind: 'object', encoding: 'json', pretty: false }).one(stored);
    const protobuf = presenterFor(podTemplates, { kind: 'object', encoding: 'protobuf', pretty: false }).one(
      stored,
    ) as Buffer;
    expect(readObject(protobuf)).toEqual(JSON.parse(String(json)));
    const table = presenterFor(podTemplates, { kind: 'table', encoding: 'json', version: 'v1', pretty: false }).one(
      stored,
    );
    expect(JSON.parse(String(table)).rows[0].cells).toEqual(['t', '2026-01-01T00:00:00Z']);
    expect(
      String(presenterFor(podTemplates, { kind: 'object', encoding: 'yaml', pretty: false }).one(stored)),
    ).toContain('kind: PodTemplate');
  });
});
