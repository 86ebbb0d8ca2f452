import { ApiError } from '../api-error.js';
import type { LabelSelector, PodTemplateSpec } from '../kinds/api-types.js';
import { matchesLabelSelector } from '../selectors/label-selector.js';

/** The parts of a workload's spec that select its pods and make them. */
interface Selecting {
  selector?: LabelSelector;
  template?: PodTemplateSpec;
}

/** True when the selector selects the template's labels, or does not parse, which is an error of its own. */
export function selectsTemplate({ selector, template }: Selecting): boolean {
  try {
    return matchesLabelSelector(selector, template?.metadata?.labels);
  } catch (error) {
    if (error instanceof ApiError) return true;
    throw error;
  }
}
