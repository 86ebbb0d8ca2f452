import type { DeleteReason } from '../assessment/managed-pods.js';
import type { Ineligibility } from '../placement/eligibility.js';

export function describeIneligibility(because: Ineligibility | undefined): string {
  switch (because?.kind) {
    case undefined:
      return 'the node is not there';
    case 'node-name':
      return `spec.nodeName of the template names ${because.wanted}`;
    case 'selector':
      return `the node does not match ${because.missing}`;
    case 'taint': {
      const { key, value, effect } = because.taint;
      return `the taint ${key}${value ? `=${value}` : ''}:${effect} is not tolerated`;
    }
  }
}

export const DELETE_REASONS: Readonly<Record<DeleteReason, string>> = {
  'not-eligible': 'the pod must not stay',
  failed: 'the pod has failed and is replaced',
  succeeded: 'the pod has finished and is replaced',
  excess: 'there is more than one pod on the node; the oldest stays',
  replaced: 'the pod of the new revision is available',
  'node-gone': 'the node is gone',
};
