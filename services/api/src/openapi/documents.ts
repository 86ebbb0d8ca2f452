import { resources } from '@everynode/objects';
import { openApiV2 as buildV2, openApiV3 as buildV3, type Descriptions, readDescriptions } from '@everynode/openapi';
import { type Document, documentOf } from '../discovery/discovery.js';

let descriptions: Descriptions | undefined;

/** Read when the first document is asked for; most clients ask for one or two. */
function texts(): Descriptions {
  descriptions ??= readDescriptions();
  return descriptions;
}

/** `api/v1` and `apis/apps/v1`, each with its resources. */
function groupPaths(): Map<string, typeof resources> {
  const paths = new Map<string, (typeof resources)[number][]>();
  for (const definition of resources) {
    const { group, version } = definition;
    const path = group ? `apis/${group}/${version}` : `api/${version}`;
    paths.set(path, [...(paths.get(path) ?? []), definition]);
  }
  return paths;
}

/** The document at a path below /openapi/v3; undefined where there is none. */
export function openApiV3(path: string): Document | undefined {
  const definitions = groupPaths().get(path);
  return definitions && documentOf(`openapi v3 ${path}`, () => buildV3(definitions, texts()));
}

/** GET /openapi/v3: where the documents are. The hash in an address changes with the content. */
export function openApiV3Index(): Document {
  return documentOf('openapi v3', () => {
    const paths = [...groupPaths().keys()].map((path) => {
      const hash = openApiV3(path)?.etag.replaceAll('"', '') ?? '';
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }];
    });
    return { paths: Object.fromEntries(paths) };
  });
}

/** GET /openapi/v2, in JSON. */
export function openApiV2(_accept: string | undefined): { document: Document; type: string } {
  return { document: documentOf('openapi v2', () => buildV2(resources, texts())), type: 'application/json' };
}
