import type { ObjectContents, VolumeSources } from '@everynode/kubelet';
import { type NeededObject, neededObjects, usedObjects } from '@everynode/objects';
import type { Clock, HostedRun, StartNeeds, Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { FetchContents, ReadObject } from './object-contents.js';
import type { PodTokens } from './tokens.js';

/** What waits for objects is asked about again after this, doubled each time, in ms. */
const AGAIN_MS = 1000;
const AGAIN_MAX_MS = 8000;

interface PodSourcesOptions<Run> {
  fetch: FetchContents;
  tokens: PodTokens;
  clock: Clock;
  timers: Timers;
  log: Logger;
  /** The objects of pods that run are asked about so often. */
  renewMs: number;
  /** The pods whose volumes are kept up to date. */
  running: () => Iterable<Run>;
  /** All that the pod needs was read: `missing` has what does not exist. */
  onRead: (run: Run, missing: readonly NeededObject[]) => void;
  /** Something that a running pod uses may have changed. */
  onRenewed: (run: Run) => Promise<void>;
}

const keyOf = ({ kind, name }: Pick<NeededObject, 'kind' | 'name'>): string => `${kind} ${name}`;

/**
 * What pods get from the control plane: the content of the ConfigMaps and Secrets that they name, and tokens. It is
 * kept in memory alone, as long as the pod is here.
 */
export class PodSources<Run extends HostedRun> implements StartNeeds<Run> {
  readonly #options: PodSourcesOptions<Run>;
  readonly #objects = new Map<Run, Map<string, ReadObject>>();
  /** Pods that wait to be started, by how often was asked for them. */
  readonly #waiting = new Map<Run, number>();

  constructor(options: PodSourcesOptions<Run>) {
    this.#options = options;
    this.#repeat();
  }

  add(run: Run): void {
    this.#waiting.set(run, 0);
    void this.#tryRead(run);
  }

  delete(run: Run): void {
    this.#waiting.delete(run);
    this.#objects.delete(run);
    this.#options.tokens.forget(run.pod.metadata.uid);
  }

  /** What a container or a volume of the pod is made from; what was not read yet counts as absent. */
  sourcesOf(run: Run): VolumeSources {
    const { pod, node, ip } = run;
    const contents: ObjectContents = (kind, name) => this.#objects.get(run)?.get(keyOf({ kind, name }))?.content;
    return {
      pod,
      address: { ip: ip ?? node.hostIp, hostIp: node.hostIp },
      allocatable: node.allocatable,
      contents,
      token: (projection) => this.#options.tokens.of(pod.metadata.uid, projection),
    };
  }

  /**
   * Reads what the pod uses, and issues its tokens, where that was not done before.
   * @throws when the control plane does not answer.
   */
  async ensure(run: Run): Promise<void> {
    if (!this.#objects.has(run)) await this.renew(run);
  }

  /**
   * Reads what has changed of what the pod uses, and renews its tokens.
   * @throws when the control plane does not answer.
   */
  async renew(run: Run): Promise<void> {
    await this.#read(run);
    await this.#renewTokens(run);
  }

  #renewTokens({ pod }: Run): Promise<void> {
    return this.#options.tokens.renew(pod.metadata.uid, pod.spec);
  }

  /** Has what is known shown where files of the pod show it: its object has changed. */
  show(run: Run): void {
    const { onRenewed, log } = this.#options;
    onRenewed(run).catch((err: unknown) =>
      log.warn({ err, pod: run.pod.metadata.name }, 'files of a pod were not changed'),
    );
  }

  async #read(run: Run): Promise<void> {
    const { uid } = run.pod.metadata;
    const before = this.#objects.get(run);
    const wanted = usedObjects(run.pod.spec).map((object) => ({ ...object, uid, known: before?.get(keyOf(object)) }));
    const read = await this.#options.fetch(wanted);
    if (!run.loop.isDropped) this.#objects.set(run, new Map(read.map((one) => [keyOf(one), one])));
  }

  async #tryRead(run: Run): Promise<void> {
    const { log, timers, onRead } = this.#options;
    const tries = this.#waiting.get(run);
    if (tries === undefined) return;
    let missing: NeededObject[] | undefined;
    try {
      await this.#read(run);
      missing = this.#missing(run);
    } catch (err) {
      log.info({ err, pod: run.pod.metadata.name }, 'what the pod needs was not read yet');
    }
    if (!this.#waiting.has(run)) return;
    if (missing?.length === 0) this.#waiting.delete(run);
    else {
      this.#waiting.set(run, tries + 1);
      timers.after(Math.min(AGAIN_MS * 2 ** Math.min(tries, 10), AGAIN_MAX_MS), () => void this.#tryRead(run));
    }
    if (missing) onRead(run, missing);
  }

  /** What the pod cannot start without, in the form in which the control plane names it. */
  #missing(run: Run): NeededObject[] {
    const { contents } = this.sourcesOf(run);
    return neededObjects(run.pod.spec).flatMap(({ kind, name, key }): NeededObject[] => {
      const content = contents(kind, name);
      if (!content) return [{ kind, name }];
      const hasKey = key === undefined || key in (content.data ?? {}) || key in (content.binaryData ?? {});
      return hasKey ? [] : [{ kind, name, key }];
    });
  }

  #repeat(): void {
    this.#options.timers.after(this.#options.renewMs, () => {
      void this.#renewAll().finally(() => this.#repeat());
    });
  }

  async #renewAll(): Promise<void> {
    const { running, log, onRenewed } = this.#options;
    for (const run of running()) {
      if (this.#waiting.has(run) || run.ending) continue;
      try {
        await this.#read(run);
        // A token that is not issued keeps no ConfigMap from its files.
        const [tokens] = await Promise.allSettled([this.#renewTokens(run)]);
        await onRenewed(run);
        if (tokens.status === 'rejected') throw tokens.reason;
      } catch (err) {
        log.info({ err, pod: run.pod.metadata.name }, 'what the pod uses was not renewed');
      }
    }
  }
}
