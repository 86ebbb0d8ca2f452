import type { DaemonSet } from '../kinds/api-types.js';
import { setPodSpecDefaults } from './pod-spec.js';

const REVISION_HISTORY_LIMIT = 10;

/**
 * Defaults of a DaemonSet (pkg/apis/apps/v1 SetDefaults_DaemonSet). maxUnavailable and maxSurge get their defaults
 * separately, so a client that sends only `maxSurge: 1` gets 1 for both, and validation refuses that, as upstream does.
 */
export function setDaemonSetDefaults(daemonSet: DaemonSet): void {
  const { spec } = daemonSet;
  if (!spec) return;
  spec.updateStrategy ??= {};
  const strategy = spec.updateStrategy;
  strategy.type ||= 'RollingUpdate';
  if (strategy.type === 'RollingUpdate') {
    strategy.rollingUpdate ??= {};
    const rolling = strategy.rollingUpdate;
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
  }
  spec.revisionHistoryLimit ??= REVISION_HISTORY_LIMIT;
  if (spec.template?.spec) setPodSpecDefaults(spec.template.spec);
}
