import { findShim, Shim } from '@everynode/container-shim';
import type { AssignedPod, NodeRefusal } from '@everynode/kubelet';
import type { NeededObject } from '@everynode/objects';
import type { Clock, HostedRun, ReportListener, Timers } from '@everynode/pod-runtime';
import type { Logger } from '@everynode/service-shell';
import type { FetchContents } from '../objects/object-contents.js';
import { PodSources } from '../objects/pod-sources.js';
import { type IssueToken, PodTokens } from '../objects/tokens.js';
import { StateFolder } from '../state/state-folder.js';
import { PodVolumes } from '../volumes/pod-volumes.js';
import type { MachineSettings } from './machine-settings.js';

/** What every runtime of real pods is made from. */
export interface RealPodOptions {
  settings: MachineSettings;
  clock: Clock;
  onReport: ReportListener;
  fetch: FetchContents;
  issueToken: IssueToken;
  /** Why the node admits no such pod now. */
  nodeRefusalOf?: (pod: AssignedPod) => NodeRefusal | undefined;
  log: Logger;
}

interface Followed<Run> {
  /** The pods whose volumes are kept up to date. */
  running: () => Iterable<Run>;
  /** All that a pod needs was read: `missing` has what does not exist. */
  onRead: (run: Run, missing: readonly NeededObject[]) => void;
}

/** What every runtime of real pods has. */
interface MachineParts<Run extends HostedRun> {
  state: StateFolder;
  /** Path of the shim. */
  shim: string;
  volumes: PodVolumes;
  sources: PodSources<Run>;
}

/** @throws Error where there is no shim, and none can be made. */
export function machineParts<Run extends HostedRun>(
  { settings, clock, fetch, issueToken, log }: RealPodOptions,
  timers: Timers,
  { running, onRead }: Followed<Run>,
): MachineParts<Run> {
  const { stateFolder, shim: named, hostRoots, isPrivileged, renewMs } = settings;
  const state = new StateFolder(stateFolder);
  const shim = findShim({ named, cache: state.programs });
  const volumes = new PodVolumes({ state, shim: new Shim(shim), hostRoots, mayMount: isPrivileged });
  const sources = new PodSources<Run>({
    fetch,
    tokens: new PodTokens(issueToken, clock),
    clock,
    timers,
    log,
    renewMs,
    running,
    onRead,
    onRenewed: async (run) => {
      const isGone = () => run.sandbox !== 'ready' || run.loop.isDropped;
      const fault = await volumes.setUp(sources.sourcesOf(run), isGone);
      if (fault) log.warn({ pod: run.pod.metadata.name, ...fault }, 'a volume was not renewed');
    },
  });
  return { state, shim, volumes, sources };
}

/** Notes what is reported: that is what a later process begins with. On a full disk the next report is noted. */
export const notedReports =
  (state: StateFolder, onReport: ReportListener, log: Pick<Logger, 'warn'>): ReportListener =>
  (pod, report) => {
    try {
      if (!report.stopped) state.savePod({ ...pod, status: report.status } as AssignedPod);
    } catch (err) {
      log.warn({ err, pod: pod.metadata.name }, 'the state of a pod could not be noted');
    }
    onReport(pod, report);
  };
