import type { Representation } from '../http/negotiate.js';
import type { IncludeObject, Payload, Pieces } from '../present/presenter.js';
import { formOf } from '../present/presenter-for.js';
import { METRICS_COLUMNS, type ResourceMetrics } from './resource-metrics.js';

export const METRICS_API = 'metrics.k8s.io/v1beta1';

/** Writes metrics of one kind in the form that a client wants: these objects are in no cache, and have no versions. */
export class MetricsPresenter {
  readonly #kind: string;
  readonly #representation: Representation;
  readonly #include: IncludeObject;

  constructor(kind: 'NodeMetrics' | 'PodMetrics', representation: Representation, include: IncludeObject) {
    this.#kind = kind;
    this.#representation = representation;
    this.#include = include;
  }

  get contentType(): string {
    return formOf(this.#representation).contentType;
  }

  one(metrics: ResourceMetrics): Payload {
    const { kind } = this.#representation;
    const form = formOf(this.#representation);
    if (kind === 'table') return [...this.#table([metrics])].join('');
    return form.one(kind === 'metadata' ? this.#metadata(metrics) : this.#whole(metrics));
  }

  /** Each item is made when it is sent. */
  list(all: readonly ResourceMetrics[]): Pieces {
    const form = formOf(this.#representation);
    switch (this.#representation.kind) {
      case 'table':
        return this.#table(all);
      case 'metadata': {
        const head = { kind: 'PartialObjectMetadataList', apiVersion: this.#metaApi, metadata: {} };
        const items = map(all, (metrics) => this.#metadata(metrics));
        return form.list({ head, member: 'items', items, noneIsNull: true });
      }
      case 'object': {
        const head = { kind: `${this.#kind}List`, apiVersion: METRICS_API, metadata: {} };
        const items = map(all, ({ object }) => JSON.stringify(object));
        return form.list({ head, member: 'items', items, noneIsNull: false });
      }
    }
  }

  /** Without rows there are no columns. Source: metrics-server pkg/api/table.go. */
  #table(all: readonly ResourceMetrics[]): Pieces {
    const columnDefinitions = all.length > 0 ? METRICS_COLUMNS : null;
    const head = { kind: 'Table', apiVersion: this.#metaApi, metadata: {}, columnDefinitions };
    const items = map(all, (metrics) => this.#row(metrics));
    return formOf(this.#representation).list({ head, member: 'rows', items, noneIsNull: true });
  }

  #row(metrics: ResourceMetrics): string {
    const { object, total } = metrics;
    const cells = JSON.stringify([object.metadata.name, total.cpu, total.memory, object.window]);
    const shown =
      this.#include === 'None' ? 'null' : this.#include === 'Object' ? this.#whole(metrics) : this.#metadata(metrics);
    return `{"cells":${cells},"object":${shown}}`;
  }

  #whole({ object }: ResourceMetrics): string {
    return JSON.stringify({ kind: this.#kind, apiVersion: METRICS_API, ...object });
  }

  #metadata({ object: { metadata } }: ResourceMetrics): string {
    return JSON.stringify({ kind: 'PartialObjectMetadata', apiVersion: this.#metaApi, metadata });
  }

  get #metaApi(): string {
    return `meta.k8s.io/${this.#representation.kind === 'object' ? 'v1' : this.#representation.version}`;
  }
}

function* map<Item, Result>(items: Iterable<Item>, to: (item: Item) => Result): Generator<Result> {
  for (const item of items) yield to(item);
}
