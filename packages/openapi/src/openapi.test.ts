import { lookupType, postedKinds, type ResourceDefinition, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { type Descriptions, openApiV2, openApiV3 } from './index.js';
import type { JsonSchema } from './schemas.js';

const inGroup = (group: string): ResourceDefinition[] => resources.filter((one) => one.group === group);

const TEXTS: Descriptions = {
  'io.k8s.api.apps.v1.DaemonSetSpec': {
    description: 'What is wanted.',
    fields: { template: 'Of the pods.', minReadySeconds: 'How long.' },
  },
};

/** Every object in a document, however deep. */
function* objectsIn(value: unknown): Generator<JsonSchema> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as JsonSchema;
  for (const inner of Object.values(value)) yield* objectsIn(inner);
}

describe('openApiV3', () => {
  const apps = openApiV3(inGroup('apps'), TEXTS);
  const core = openApiV3(inGroup(''), {});
  const schemas = { ...apps.components.schemas, ...core.components.schemas } as Record<string, JsonSchema>;
  const property = (type: string, field: string) =>
    (schemas[type]?.properties as Record<string, JsonSchema> | undefined)?.[field];
  const DAEMON_SET = '/apis/apps/v1/namespaces/{namespace}/daemonsets/{name}';

  it('publishes a type with descriptions, formats, defaults and required fields', () => {
    expect(schemas['io.k8s.api.apps.v1.DaemonSetSpec']).toEqual({
      description: 'What is wanted.',
      type: 'object',
      required: ['selector', 'template'],
      properties: {
        minReadySeconds: { description: 'How long.', type: 'integer', format: 'int32' },
        revisionHistoryLimit: { type: 'integer', format: 'int32' },
        selector: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.apis.meta.v1.LabelSelector' },
        template: {
          allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec' }],
          description: 'Of the pods.',
          default: {},
        },
        updateStrategy: {
          allOf: [{ $ref: '#/components/schemas/io.k8s.api.apps.v1.DaemonSetUpdateStrategy' }],
          default: {},
        },
      },
    });
  });

  it('publishes how lists and maps are merged', () => {
    expect(property('io.k8s.api.core.v1.PodSpec', 'containers')).toEqual({
      type: 'array',
      items: { allOf: [{ $ref: '#/components/schemas/io.k8s.api.core.v1.Container' }], default: {} },
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      'x-kubernetes-patch-merge-key': 'name',
      'x-kubernetes-patch-strategy': 'merge',
    });
    expect(property('io.k8s.api.core.v1.PodSpec', 'nodeSelector')).toEqual({
      type: 'object',
      additionalProperties: { type: 'string', default: '' },
      'x-kubernetes-map-type': 'atomic',
    });
    expect(schemas['io.k8s.api.core.v1.NodeSelector']).toMatchObject({ 'x-kubernetes-map-type': 'atomic' });
  });

  it('says of what holds any value no type', () => {
    const ANY = 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.JSON';
    const group = inGroup('apiextensions.k8s.io');
    expect((openApiV3(group, {}).components.schemas as Record<string, JsonSchema>)[ANY]).toEqual({});
    expect((openApiV2(group, {}).definitions as Record<string, JsonSchema>)[ANY]).toEqual({});
  });

  it('has no default for elements that are encoded as text', () => {
    expect(property('io.k8s.api.core.v1.ResourceRequirements', 'limits')).toEqual({
      type: 'object',
      additionalProperties: { $ref: '#/components/schemas/io.k8s.apimachinery.pkg.api.resource.Quantity' },
    });
  });

  it('says what quantities and numbers-or-text are', () => {
    expect(schemas['io.k8s.apimachinery.pkg.api.resource.Quantity']).toEqual({
      oneOf: [{ type: 'string' }, { type: 'number' }],
    });
    expect(schemas['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      oneOf: [{ type: 'integer' }, { type: 'string' }],
      format: 'int-or-string',
    });
    expect(schemas['io.k8s.apimachinery.pkg.apis.meta.v1.Time']).toEqual({ type: 'string', format: 'date-time' });
  });

  it('agrees with the facts, field by field', () => {
    for (const [name, schema] of Object.entries(schemas)) {
      const facts = lookupType(name);
      if (!facts?.fields) continue;
      expect(Object.keys(schema.properties as object)).toEqual(Object.keys(facts.fields));
      expect(schema['x-kubernetes-group-version-kind']).toEqual(facts.gvk);
      expect(schema.required).toEqual(facts.required);
    }
  });

  it('defines every type that it refers to', () => {
    for (const document of [apps, core, openApiV3([], {}, postedKinds)]) {
      const known = new Set(Object.keys(document.components.schemas));
      const references = [...objectsIn(document)].flatMap(({ $ref }) => (typeof $ref === 'string' ? [$ref] : []));
      expect(references.length).toBeGreaterThan(0);
      for (const reference of references) expect(known).toContain(reference.replace('#/components/schemas/', ''));
    }
  });

  it('describes a patch so that kubectl leaves the check of fields to the server', () => {
    const patch = apps.paths[DAEMON_SET]?.patch as JsonSchema;
    expect(patch).toMatchObject({
      operationId: 'patchAppsV1NamespacedDaemonSet',
      tags: ['apps_v1'],
      'x-kubernetes-action': 'patch',
      'x-kubernetes-group-version-kind': { group: 'apps', version: 'v1', kind: 'DaemonSet' },
    });
    const parameters = patch.parameters as { name: string; in: string }[];
    expect(parameters.map(({ name }) => name)).toEqual(['dryRun', 'fieldManager', 'fieldValidation', 'force']);
    expect(Object.keys((patch.requestBody as { content: object }).content)).toEqual([
      'application/apply-patch+yaml',
      'application/json-patch+json',
      'application/merge-patch+json',
      'application/strategic-merge-patch+json',
    ]);
  });

  it('names operations as upstream', () => {
    const ids = (document: { paths: Record<string, JsonSchema> }) =>
      Object.values(document.paths).flatMap((item) =>
        Object.values(item).flatMap((operation) => (operation as { operationId?: string }).operationId ?? []),
      );
    expect(ids(apps)).toEqual(
      expect.arrayContaining([
        'listAppsV1DaemonSetForAllNamespaces',
        'listAppsV1NamespacedDaemonSet',
        'createAppsV1NamespacedDaemonSet',
        'deleteAppsV1CollectionNamespacedDaemonSet',
        'readAppsV1NamespacedDaemonSet',
        'replaceAppsV1NamespacedDaemonSetStatus',
      ]),
    );
    expect(ids(core)).toEqual(
      expect.arrayContaining(['createCoreV1NamespacedPodBinding', 'listCoreV1Node', 'replaceCoreV1NamespaceFinalize']),
    );
    expect(ids(openApiV3([], {}, postedKinds))).toContain('createAuthorizationV1SelfSubjectAccessReview');
    const all = ids(openApiV3(resources, {}, postedKinds));
    expect(new Set(all).size).toBe(all.length);
  });

  it('has one request for each verb but watch, of resources and subresources', () => {
    for (const definition of resources) {
      const { paths } = openApiV3([definition], {});
      const own = definition.verbs.filter((verb) => verb !== 'watch').length;
      const everywhere = definition.namespaced && definition.verbs.includes('list') ? 1 : 0;
      const subresources = definition.subresources.filter(({ isStream }) => !isStream);
      const inner = subresources.reduce((sum, { verbs }) => sum + verbs.length, 0);
      const requests = Object.values(paths).flatMap((item) => Object.keys(item).filter((key) => key !== 'parameters'));
      expect([definition.plural, requests.length]).toEqual([definition.plural, own + everywhere + inner]);
    }
  });

  it('gives a subresource with a kind of its own that kind', () => {
    expect(core.paths['/api/v1/namespaces/{namespace}/pods/{name}/eviction']?.post).toMatchObject({
      'x-kubernetes-group-version-kind': { group: 'policy', version: 'v1', kind: 'Eviction' },
      requestBody: { content: { '*/*': { schema: { $ref: '#/components/schemas/io.k8s.api.policy.v1.Eviction' } } } },
    });
  });

  it('declares every name in a path', () => {
    for (const [path, { parameters }] of Object.entries(core.paths)) {
      const declared = (parameters as { name: string; in: string }[]).filter((one) => one.in === 'path');
      expect(declared.map(({ name }) => `{${name}}`)).toEqual(path.match(/\{\w+\}/g) ?? []);
    }
  });
});

describe('openApiV2', () => {
  const document = openApiV2(resources, TEXTS, postedKinds);
  const definitions = document.definitions as Record<string, JsonSchema>;

  it('has all paths of all groups', () => {
    expect(Object.keys(document.paths)).toEqual(Object.keys(openApiV3(resources, {}, postedKinds).paths));
  });

  it('says nothing that OpenAPI 2 has no word for', () => {
    for (const value of objectsIn(document)) {
      // A field may have such a name, but its value is then a schema.
      for (const word of ['oneOf', 'allOf']) expect(Array.isArray(value[word])).toBe(false);
    }
    expect(definitions['io.k8s.apimachinery.pkg.util.intstr.IntOrString']).toEqual({
      type: 'string',
      format: 'int-or-string',
    });
    expect(definitions['io.k8s.api.apps.v1.DaemonSetSpec']).toMatchObject({
      properties: {
        template: { $ref: '#/definitions/io.k8s.api.core.v1.PodTemplateSpec', description: 'Of the pods.' },
      },
    });
  });

  it('defines every type that it refers to', () => {
    for (const { $ref } of objectsIn(document)) {
      if (typeof $ref !== 'string') continue;
      const name = $ref.replace('#/definitions/', '');
      expect(definitions).toHaveProperty([name]);
      expect(lookupType(name)).toBeDefined();
    }
  });
});
