import type { Taint, Toleration } from '@everynode/objects';

/** Switches for upstream's feature gates that affect placement. */
interface TaintOptions {
  /** TaintTolerationComparisonOperators (alpha in 1.36, off): `Lt` and `Gt` compare integers. */
  comparisonOperators: boolean;
}

const DEFAULTS: TaintOptions = { comparisonOperators: false };

const DECIMAL = /^(0|-?[1-9]\d*)$/;
const MAX_INT64 = 2n ** 63n - 1n;

/** A plain decimal int64: no plus sign, no leading zero, no blank. */
function plainInteger(text: string | undefined): bigint | undefined {
  if (text === undefined || !DECIMAL.test(text)) return undefined;
  const value = BigInt(text);
  return value >= -MAX_INT64 - 1n && value <= MAX_INT64 ? value : undefined;
}

/** Source: k8s.io/api/core/v1/toleration.go, ToleratesTaint. */
export function toleratesTaint(toleration: Toleration, taint: Taint, options: TaintOptions = DEFAULTS): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  switch (toleration.operator ?? '') {
    case '':
    case 'Equal':
      return (toleration.value ?? '') === (taint.value ?? '');
    case 'Exists':
      return true;
    case 'Lt':
    case 'Gt': {
      if (!options.comparisonOperators) return false;
      const wanted = plainInteger(toleration.value);
      const found = plainInteger(taint.value);
      if (wanted === undefined || found === undefined) return false;
      return toleration.operator === 'Lt' ? found < wanted : found > wanted;
    }
    default:
      return false;
  }
}

/**
 * Returns the first taint with one of the effects that no toleration covers. `effects` null stands for all effects.
 * Source: component-helpers scheduling/corev1, FindMatchingUntoleratedTaint.
 */
export function findUntoleratedTaint(
  taints: readonly Taint[],
  tolerations: readonly Toleration[],
  effects: readonly string[] | null,
  options: TaintOptions = DEFAULTS,
): Taint | undefined {
  return taints.find(
    (taint) =>
      (effects === null || effects.includes(taint.effect)) &&
      !tolerations.some((toleration) => toleratesTaint(toleration, taint, options)),
  );
}
