import { findResource } from '@everynode/objects';
import { eventually } from '@everynode/test-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROTOBUF, readObject, writeObject } from '../../testing/protobuf-client.js';
import { type Backends, type RunningApi, startBackends, startReplica } from '../../testing/running-api.js';

let backends: Backends;
let api: RunningApi;

beforeAll(async () => {
  backends = await startBackends();
  api = await startReplica(backends);
}, 60_000);

afterAll(async () => {
  await api.close();
  await backends.stop();
});

const CRDS = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
const GROUP = 'things.example.com';
const ROOT = `/apis/${GROUP}/v1`;
const OPEN = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };

const definition = (plural: string, names: object = {}, spec: object = {}) => ({
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: `${plural}.${GROUP}` },
  spec: {
    group: GROUP,
    scope: 'Cluster',
    names: { plural, kind: plural.slice(0, 1).toUpperCase() + plural.slice(1, -1), ...names },
    versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: OPEN } }],
    ...spec,
  },
});

const merge = (path: string, body: object) =>
  api.request('PATCH', path, { body, contentType: 'application/merge-patch+json' });

async function define(plural: string, names?: object, spec?: object): Promise<void> {
  const made = await api.request('POST', CRDS, { body: definition(plural, names, spec) });
  expect([made.status, made.json.message]).toEqual([201, undefined]);
  await eventually(async () => expect((await api.request('GET', `${ROOT}/${plural}`)).status).toBe(200));
}

const conditionsOf = async (plural: string) => {
  const { json } = await api.request('GET', `${CRDS}/${plural}.${GROUP}`);
  const conditions: { type: string; status: string; reason: string; message: string }[] = json.status.conditions;
  return Object.fromEntries(conditions.map(({ type, status, reason, message }) => [type, [status, reason, message]]));
};

describe('definitions', () => {
  it('are made anew when they change, and not when others do', async () => {
    await define('stones');
    const before = findResource(GROUP, 'v1', 'stones');
    await define('bricks');
    expect(findResource(GROUP, 'v1', 'stones')).toBe(before);
    await merge(`${CRDS}/stones.${GROUP}`, { spec: { names: { shortNames: ['st'] } } });
    await eventually(() => expect(findResource(GROUP, 'v1', 'stones')?.shortNames).toEqual(['st']));
  });

  it('serve the names that were accepted, while others are wanted', async () => {
    await define('cups', { shortNames: ['cu'] });
    await define('bowls', { shortNames: ['bo'] });
    const wanted = { shortNames: ['cu', 'bw'], singular: 'cup', categories: ['all'] };
    await merge(`${CRDS}/bowls.${GROUP}`, { spec: { names: wanted } });
    await eventually(async () =>
      expect(await conditionsOf('bowls')).toEqual({
        Established: ['True', 'InitialNamesAccepted', 'the initial names have been accepted'],
        NamesAccepted: ['False', 'ShortNamesConflict', '"cu" is already in use'],
      }),
    );
    await eventually(() =>
      expect(findResource(GROUP, 'v1', 'bowls')).toMatchObject({
        singular: 'bowl',
        shortNames: ['bo'],
        categories: ['all'],
      }),
    );
    // The names are free again when the other definition is gone.
    expect((await api.request('DELETE', `${CRDS}/cups.${GROUP}`)).status).toBe(200);
    await eventually(() =>
      expect(findResource(GROUP, 'v1', 'bowls')).toMatchObject({ singular: 'cup', shortNames: ['cu', 'bw'] }),
    );
    const kind = await merge(`${CRDS}/bowls.${GROUP}`, { spec: { names: { kind: 'Plate', listKind: 'PlateList' } } });
    expect([kind.status, kind.json.message]).toEqual([
      422,
      expect.stringContaining('spec.names.kind: Invalid value: "Plate": field is immutable'),
    ]);
  });

  it('get names that another definition gives back', async () => {
    await define('forks', { shortNames: ['fk'] });
    await define('spoons');
    await merge(`${CRDS}/spoons.${GROUP}`, { spec: { names: { shortNames: ['fk'] } } });
    await eventually(async () => expect((await conditionsOf('spoons')).NamesAccepted?.[0]).toBe('False'));
    await merge(`${CRDS}/forks.${GROUP}`, { spec: { names: { shortNames: null } } });
    await eventually(() => expect(findResource(GROUP, 'v1', 'spoons')?.shortNames).toEqual(['fk']));
  });

  it('may bound the names of objects, and have members of any name', async () => {
    const members = { constructor: { type: 'string', default: 'x' }, toString: { type: 'string' } };
    const openAPIV3Schema = {
      type: 'object',
      properties: {
        metadata: { type: 'object', properties: { name: { type: 'string', maxLength: 5 } } },
        spec: { type: 'object', properties: members, required: ['toString'] },
      },
    };
    const versions = [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } }];
    await define('names', {}, { versions });
    const create = (name: string, spec: object) =>
      api.request('POST', `${ROOT}/names`, {
        body: { apiVersion: `${GROUP}/v1`, kind: 'Name', metadata: { name }, spec },
      });
    const long = await create('too-long', { toString: 'a' });
    expect([long.status, long.json.message]).toEqual([
      422,
      `Name.${GROUP} "too-long" is invalid: metadata.name: Too long: may not be more than 5 bytes`,
    ]);
    expect((await create('a', {})).json.message).toBe(`Name.${GROUP} "a" is invalid: spec.toString: Required value`);
    expect((await create('a', { toString: 'a' })).json.spec).toEqual({ toString: 'a', constructor: 'x' });
  });

  it('are checked for a status that is added alone', async () => {
    const openAPIV3Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, maxProperties: 9 };
    const version = { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema } };
    await define('states', {}, { versions: [version] });
    const changed = await merge(`${CRDS}/states.${GROUP}`, {
      spec: { versions: [{ ...version, subresources: { status: {} } }] },
    });
    expect([changed.status, changed.json.message]).toEqual([
      422,
      expect.stringContaining('fields are allowed at the root of the schema if the status subresource is enabled'),
    ]);
  });

  it('are removed with their objects although they serve no version', async () => {
    await define('dusts');
    const body = { apiVersion: `${GROUP}/v1`, kind: 'Dust', metadata: { name: 'a' } };
    expect((await api.request('POST', `${ROOT}/dusts`, { body })).status).toBe(201);
    const off = { versions: [{ name: 'v1', served: false, storage: true, schema: { openAPIV3Schema: OPEN } }] };
    expect((await merge(`${CRDS}/dusts.${GROUP}`, { spec: off })).status).toBe(200);
    await eventually(async () => expect((await api.request('GET', `${ROOT}/dusts`)).status).toBe(404));
    expect((await api.request('DELETE', `${CRDS}/dusts.${GROUP}`)).status).toBe(200);
    await eventually(async () => expect((await api.request('GET', `${CRDS}/dusts.${GROUP}`)).status).toBe(404));
    expect(await api.context.store.listNames(`dusts.${GROUP}` as 'pods', '', 10)).toEqual([]);
  });

  it('are refused in words, whatever they are', async () => {
    let deep: object = { type: 'string' };
    for (let at = 0; at < 110; at += 1) deep = { not: deep };
    const withSchema = (openAPIV3Schema: unknown, more: object = {}) =>
      definition(
        'bads',
        {},
        {
          versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema }, ...more }],
        },
      );
    const bodies: [unknown, number, string][] = [
      [withSchema(deep), 422, 'must have at most 100 levels'],
      [withSchema({ type: 'object', additionalProperties: 7 }), 400, 'boolean or JSON schema expected'],
      [withSchema({ type: 'object', properties: { a: { items: { properties: 5 } } } }), 400, 'cannot unmarshal number'],
      [withSchema(7), 400, 'cannot unmarshal number'],
      [{ ...definition('bads'), spec: { versions: null } }, 422, 'spec.group: Required value'],
      [
        withSchema(OPEN, { subresources: { scale: { specReplicasPath: '.count', statusReplicasPath: 'x' } } }),
        422,
        'spec.subresources.scale.statusReplicasPath: Invalid value: "x": must be a simple json path starting with .',
      ],
      [
        withSchema(OPEN, { selectableFields: [{ jsonPath: '.spec.a' }] }),
        422,
        'spec.selectableFields[0].jsonPath: Invalid value: ".spec.a": is an invalid path: does not refer to a valid field',
      ],
      [
        withSchema(OPEN, { additionalPrinterColumns: [{ name: 'A', type: 'time', jsonPath: '.a' }] }),
        422,
        'spec.additionalPrinterColumns[0].type: Invalid value: "time": must be one of boolean,date,integer,number,string',
      ],
      [
        definition('bads', { categories: ['A'] }),
        422,
        'spec.names.categories[0]: Invalid value: "A": a DNS-1035 label',
      ],
      [
        { ...definition('bads'), spec: { ...definition('bads').spec, conversion: { strategy: 'Webhook' } } },
        422,
        'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      ],
    ];
    for (const [body, status, message] of bodies) {
      const answer = await api.request('POST', CRDS, { body });
      expect([answer.status, answer.json.message]).toEqual([status, expect.stringContaining(message)]);
    }
  });

  it('that need a webhook to convert are served in the version that is stored', async () => {
    const schema = { openAPIV3Schema: OPEN };
    const clientConfig = { service: { namespace: 'default', name: 'converter', path: '/convert' } };
    const body = definition(
      'peers',
      {},
      {
        versions: [
          { name: 'v1beta1', served: true, storage: false, schema },
          { name: 'v1beta2', served: true, storage: true, schema },
        ],
        conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v1'], clientConfig } },
      },
    );
    expect((await api.request('POST', CRDS, { body })).status).toBe(201);
    const { group, names } = body.spec;
    const at = (version: string) => `/apis/${group}/${version}/peers`;
    const peer = (version: string) => ({
      apiVersion: `${group}/${version}`,
      kind: names.kind,
      metadata: { name: 'p' },
    });
    await eventually(async () =>
      expect((await api.request('POST', at('v1beta2'), { body: peer('v1beta2') })).status).toBe(201),
    );
    const refusal = (version: string) =>
      `conversion webhook for ${group}/${version}, Kind=${names.kind} failed: ` +
      'Post "https://converter.default.svc:443/convert?timeout=30s": service "converter" not found';
    for (const path of [`${at('v1beta1')}/p`, at('v1beta1')]) {
      const answer = await api.request('GET', path);
      expect([answer.status, answer.json.message]).toEqual([500, refusal('v1beta2')]);
    }
    const posted = await api.request('POST', at('v1beta1'), { body: peer('v1beta1') });
    expect([posted.status, posted.json.message]).toEqual([500, refusal('v1beta1')]);
    expect((await api.request('DELETE', `${at('v1beta2')}/p`)).status).toBe(200);
    // What is not there needs no conversion.
    await eventually(async () => expect((await api.request('GET', at('v1beta1'))).json.items).toEqual([]));
    expect((await api.request('DELETE', `${at('v1beta1')}/p`)).status).toBe(404);
  });

  it('of groups of Kubernetes itself are approved by their annotation', async () => {
    const make = (annotation?: string) => ({
      ...definition('gates', {}, { group: 'gates.k8s.io' }),
      metadata: {
        name: 'gates.gates.k8s.io',
        ...(annotation !== undefined && { annotations: { 'api-approved.kubernetes.io': annotation } }),
      },
    });
    const post = async (annotation?: string) => {
      const { status, json } = await api.request('POST', CRDS, { body: make(annotation) });
      return [status, json.message];
    };
    const refused = /metadata.annotations\[api-approved.kubernetes.io\]: (Required|Invalid) value/;
    expect(await post()).toEqual([422, expect.stringMatching(refused)]);
    expect(await post('yes')).toEqual([422, expect.stringMatching(refused)]);
    expect(await post('https://github.com/x')).toEqual([201, undefined]);
    await eventually(async () => {
      const { json } = await api.request('GET', `${CRDS}/gates.gates.k8s.io`);
      expect(json.status.conditions).toContainEqual(
        expect.objectContaining({
          type: 'KubernetesAPIApprovalPolicyConformant',
          status: 'True',
          reason: 'ApprovedAnnotation',
          message: 'approved in https://github.com/x',
        }),
      );
    });
  });

  it('are sent and read in protobuf', async () => {
    const schema = {
      ...OPEN,
      properties: { spec: { type: 'object', default: { a: 1 }, properties: { a: { type: 'integer', maximum: 2.5 } } } },
    };
    const body = definition(
      'waters',
      {},
      { versions: [{ name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: schema } }] },
    );
    const made = await api.request('POST', CRDS, { body: writeObject(body), contentType: PROTOBUF, accept: PROTOBUF });
    expect([made.status, readObject(made.bytes).spec.versions[0].schema.openAPIV3Schema]).toEqual([201, schema]);
    const listed = await api.request('GET', CRDS, { accept: PROTOBUF });
    expect(
      readObject(listed.bytes).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ).toContain(`waters.${GROUP}`);
  });
});
