import type { ResourceDefinition } from '@everynode/objects';
import type { Identity } from '../auth/client-identity.js';
import type { Body } from '../http/body.js';
import type { ClientConnection } from '../http/client-connection.js';
import type { Representation } from '../http/negotiate.js';
import type { Query } from '../http/query.js';
import type { Presenter } from '../present/presenter.js';
import type { WatchSink } from '../watch/watch-sink.js';
import type { Subresource } from '../write/subresource.js';

/** What a read asks for. */
export interface ReadRequest {
  definition: ResourceDefinition;
  /** Empty for cluster-scoped resources and for requests over all namespaces. */
  namespace: string;
  /** Empty for a collection. */
  name: string;
  query: Query;
}

/** What a subresource with an action of its own asks for. */
export interface ActionRequest extends ReadRequest {
  body: Body;
}

/** What a write asks for. */
export interface WriteRequest extends ActionRequest {
  subresource: Subresource;
  /** The name under which the client owns the fields that it writes. */
  manager: string;
}

/** One request for a resource, with all that a verb needs. It is made once, and no verb changes it. */
export interface ResourceRequest extends WriteRequest {
  identity: Identity;
  representation: Representation;
  /** Writes objects in the representation. */
  presenter: Presenter;
  /** The Accept header, for answers that are no objects of the resource. */
  accept: string | undefined;
  stream: ResponseStream;
}

/** The response of a watch, or of a way into a container, which writes it by itself. */
export interface ResponseStream {
  /** The response of a watch. May be called once. */
  open(): WatchSink;
  /** For all other streams. */
  readonly connection: ClientConnection;
  /**
   * To be called when the work of the beginning is done: the objects of a watch are written, or the pod of a stream is
   * found. From then on it only costs what changes.
   */
  onStarted(): void;
}
