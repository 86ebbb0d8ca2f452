interface Frame {
  path: string;
  /** Keys seen so far; undefined in a list. */
  keys: Set<string> | undefined;
  /** Path of the member or element that is being read. */
  child: string;
  index: number;
}

const STRING = /"(?:[^"\\]|\\.)*"/y;

/**
 * Paths of members that stand twice in one object of a JSON text, each path once: JSON.parse keeps the last and says
 * nothing. One pass without recursion. The text must be valid JSON.
 */
export function duplicateJsonKeys(text: string): string[] {
  const found = new Set<string>();
  const stack: Frame[] = [];
  let frame: Frame | undefined;
  let expectsKey = false;
  for (let i = 0; i < text.length; i++) {
    switch (text[i]) {
      case '{':
      case '[': {
        const path: string = frame?.child ?? '';
        const isObject = text[i] === '{';
        frame = { path, keys: isObject ? new Set() : undefined, child: isObject ? path : `${path}[0]`, index: 0 };
        stack.push(frame);
        expectsKey = isObject;
        break;
      }
      case '}':
      case ']':
        stack.pop();
        frame = stack.at(-1);
        expectsKey = false;
        break;
      case ',':
        if (frame?.keys) expectsKey = true;
        else if (frame) {
          frame.index += 1;
          frame.child = `${frame.path}[${frame.index}]`;
        }
        break;
      case '"': {
        STRING.lastIndex = i;
        const literal = STRING.exec(text)?.[0] ?? '"';
        if (expectsKey && frame?.keys) {
          const key = JSON.parse(literal) as string;
          frame.child = frame.path === '' ? key : `${frame.path}.${key}`;
          if (frame.keys.has(key)) found.add(frame.child);
          frame.keys.add(key);
          expectsKey = false;
        }
        i += literal.length - 1;
        break;
      }
    }
  }
  return [...found];
}
