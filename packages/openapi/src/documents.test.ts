import { contentHash, postedKinds, resources } from '@everynode/objects';
import { describe, expect, it } from 'vitest';
import { type Descriptions, OpenApiDocuments, openApiV2 } from './index.js';

const api = { resources, postedKinds };
const documents = new OpenApiDocuments(api, () => ({}));
const indexOf = (of: OpenApiDocuments) =>
  (JSON.parse(of.v3Index().body) as { paths: Record<string, { serverRelativeURL: string }> }).paths;

describe('OpenApiDocuments', () => {
  it('lists a document for each group and version, postedKinds among them', () => {
    const paths = indexOf(documents);
    expect(Object.keys(paths)).toEqual(
      expect.arrayContaining(['api/v1', 'apis/apps/v1', 'apis/authorization.k8s.io/v1']),
    );
    for (const [path, { serverRelativeURL }] of Object.entries(paths)) {
      const document = documents.v3(path);
      expect(serverRelativeURL).toBe(`/openapi/v3/${path}?hash=${document?.hash}`);
      expect(document?.hash).toBe(contentHash(document?.body ?? ''));
    }
  });

  it('puts into a document its own group alone', () => {
    const { paths } = JSON.parse(documents.v3('apis/apps/v1')?.body ?? '{}') as { paths: object };
    expect(Object.keys(paths).every((path) => path.startsWith('/apis/apps/v1/'))).toBe(true);
  });

  it('has nothing for other paths', () => {
    expect(documents.v3('apis/apps/v2')).toBeUndefined();
    expect(documents.v3('')).toBeUndefined();
  });

  it('makes a document once, and reads descriptions once', () => {
    let reads = 0;
    const counted = new OpenApiDocuments(api, (): Descriptions => {
      reads += 1;
      return {};
    });
    expect(reads).toBe(0);
    expect(counted.v3('api/v1')).toBe(counted.v3('api/v1'));
    expect(counted.v2()).toBe(counted.v2());
    expect(counted.v2Protobuf()).toBe(counted.v2Protobuf());
    expect(counted.v3Index()).toBe(counted.v3Index());
    expect(reads).toBe(1);
  });

  it('changes the hash when the content changes', () => {
    const described = new OpenApiDocuments(api, () => ({
      'io.k8s.api.apps.v1.DaemonSet': { description: 'x', fields: {} },
    }));
    expect(indexOf(described)['apis/apps/v1']).not.toEqual(indexOf(documents)['apis/apps/v1']);
    expect(indexOf(described)['apis/coordination.k8s.io/v1']).toEqual(
      indexOf(documents)['apis/coordination.k8s.io/v1'],
    );
  });

  it('has version 2 in JSON and in protobuf', () => {
    expect(JSON.parse(documents.v2().body)).toEqual(openApiV2(resources, {}, postedKinds));
    expect(documents.v2Protobuf().body.length).toBeGreaterThan(10_000);
  });
});
