/** `$(NAME)`, or `$$` for a dollar sign. */
const REFERENCE = /\$\$|\$\(([^)]*)\)/g;

/**
 * Replaces `$(NAME)` by what `read` returns; where that is undefined, it stays as it is. `$$` stands for one dollar
 * sign. Source: k8s.io/kubernetes/third_party/forked/golang/expansion.
 */
export function expand(text: string, read: (name: string) => string | undefined): string {
  return text.replaceAll(REFERENCE, (whole, name: string | undefined) =>
    name === undefined ? '$' : (read(name) ?? whole),
  );
}

/** As {@link expand}, for texts in which every name must have a value that is not empty. */
export function expandAll(
  text: string,
  read: (name: string) => string | undefined,
): { text: string; missing: string[] } {
  const missing = new Set<string>();
  const expanded = expand(text, (name) => {
    const value = read(name);
    if (!value) missing.add(name);
    return value ?? '';
  });
  return { text: expanded, missing: [...missing].sort() };
}
