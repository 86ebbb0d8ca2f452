type Labels = Readonly<Record<string, string>>;

const MOST = 1000;
const known = new Map<string, Labels>();

/** One object for equal labels: the ten thousand pods of a DaemonSet have the same few. */
export function sharedLabels(labels: Labels): Labels {
  const text = JSON.stringify(labels);
  const shared = known.get(text);
  if (shared) return shared;
  // Labels that are each object's own are of no use here, and must not pile up.
  if (known.size >= MOST) known.clear();
  known.set(text, labels);
  return labels;
}
