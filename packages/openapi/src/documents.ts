import { contentHash, groupVersionPath, groupVersions, inGroupVersion, type ServedApi } from '@everynode/objects';
import type { Descriptions } from './descriptions.js';
import { openApiV2 } from './v2.js';
import { encodeOpenApiV2 } from './v2-protobuf.js';
import { type OpenApiV3Document, openApiV3 } from './v3.js';
import { encodeOpenApiV3 } from './v3-protobuf.js';

/** A document in bytes, with a hash of its content. */
interface EncodedDocument<Body extends string | Uint8Array = string> {
  body: Body;
  hash: string;
}

function encoded<Body extends string | Uint8Array>(body: Body): EncodedDocument<Body> {
  return { body, hash: contentHash(body) };
}

/**
 * Every OpenAPI document of a server, encoded. Each is made on first use and kept: they are big (the core's is about 1
 * MB), most clients need one or two, and the served API does not change while a process runs.
 */
export class OpenApiDocuments {
  readonly #api: ServedApi;
  readonly #readDescriptions: () => Descriptions;
  readonly #v3 = new Map<string, EncodedDocument>();
  readonly #v3Protobuf = new Map<string, EncodedDocument<Uint8Array>>();
  #descriptions: Descriptions | undefined;
  #index: EncodedDocument | undefined;
  #v2: EncodedDocument | undefined;
  #v2Protobuf: EncodedDocument<Uint8Array> | undefined;

  /** @param readDescriptions Called once, when the first document is made. */
  constructor(api: ServedApi, readDescriptions: () => Descriptions) {
    // Kinds without a type in the schema have no documents.
    this.#api = { ...api, postedKinds: api.postedKinds.filter(({ schema }) => schema !== undefined) };
    this.#readDescriptions = readDescriptions;
  }

  /**
   * GET /openapi/v3: the addresses of the other documents. With the hash in an address, clients and proxies can keep a
   * document for ever.
   */
  v3Index(): EncodedDocument {
    this.#index ??= encoded(JSON.stringify({ paths: this.#indexPaths() }));
    return this.#index;
  }

  #indexPaths(): Record<string, { serverRelativeURL: string }> {
    const entries = groupVersions(this.#api).map((groupVersion) => {
      const path = groupVersionPath(groupVersion);
      return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${this.v3(path)?.hash ?? ''}` }];
    });
    return Object.fromEntries(entries);
  }

  /** GET /openapi/v3/PATH, for paths such as `apis/apps/v1`; undefined where nothing is served. */
  v3(path: string): EncodedDocument | undefined {
    const known = this.#v3.get(path);
    if (known) return known;
    const groupVersion = groupVersions(this.#api).find((one) => groupVersionPath(one) === path);
    if (!groupVersion) return undefined;
    const { resources, postedKinds } = inGroupVersion(this.#api, groupVersion);
    const document = encoded(JSON.stringify(openApiV3(resources, this.#texts(), postedKinds)));
    this.#v3.set(path, document);
    return document;
  }

  /**
   * The same as {@link OPENAPI_V3_PROTOBUF}. The hash is that of the JSON: it identifies the content in either form.
   */
  v3Protobuf(path: string): EncodedDocument<Uint8Array> | undefined {
    const known = this.#v3Protobuf.get(path);
    const json = known ? undefined : this.v3(path);
    if (!json) return known;
    const document = { body: encodeOpenApiV3(JSON.parse(json.body) as OpenApiV3Document), hash: json.hash };
    this.#v3Protobuf.set(path, document);
    return document;
  }

  /** GET /openapi/v2 in JSON. */
  v2(): EncodedDocument {
    this.#v2 ??= encoded(JSON.stringify(openApiV2(this.#api.resources, this.#texts(), this.#api.postedKinds)));
    return this.#v2;
  }

  /** GET /openapi/v2 as {@link OPENAPI_V2_PROTOBUF}. */
  v2Protobuf(): EncodedDocument<Uint8Array> {
    this.#v2Protobuf ??= encoded(encodeOpenApiV2(openApiV2(this.#api.resources, this.#texts(), this.#api.postedKinds)));
    return this.#v2Protobuf;
  }

  #texts(): Descriptions {
    this.#descriptions ??= this.#readDescriptions();
    return this.#descriptions;
  }
}
