/** An expression in which the library can read what constructs messages: see {@link withCalls}. */
export interface MessageSource {
  /** The expression as the library reads it. */
  text: string;
  /** The types that it constructs. Calls of `constructorOf(at)` stand for them. */
  types: readonly string[];
  /** The place in the expression as it was written, for one in the text. */
  placeOf(at: number): number;
}

/** What is wrong with a constructed message, and where. */
export class MessageFault extends Error {
  override readonly name = 'MessageFault';
  readonly retryable = false;

  constructor(
    message: string,
    readonly at: number,
  ) {
    super(message);
  }
}

/** The function that constructs a message of the type at this place in `types`. No client writes this name. */
export const constructorOf = (at: number): string => `constructMessageOfType${at}`;

/** The functions that take the texts of a JSONPatch: each field has its own, by which a wrong type is named. */
export const JSON_PATCH_TEXTS: readonly string[] = ['op', 'path', 'from'];
export const textFunctionOf = (field: string): string => `textOfJsonPatch_${field}`;

interface Token {
  /** `name`, or the character itself; `other` for texts and numbers. */
  kind: string;
  start: number;
  end: number;
}

/** Texts, comments, names, numbers and single characters. Source: cel-spec, doc/langdef.md, syntax. */
const TOKEN =
  /\/\/[^\n]*|[rR]?(?:""".*?"""|'''.*?''')|[rR](?:"[^"\n]*"|'[^'\n]*')|(?:"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|[A-Za-z_]\w*|\d[\w.]*|\S/gs;

function tokensOf(expression: string): Token[] {
  return [...expression.matchAll(TOKEN)].flatMap(({ 0: text, index }): Token[] => {
    if (text.startsWith('//')) return [];
    const isName = /^[A-Za-z_]\w*$/.test(text);
    return [{ kind: isName ? 'name' : text.length === 1 ? text : 'other', start: index, end: index + text.length }];
  });
}

/** A brace that is open: of a message, or of a map. */
interface Open {
  of: 'message' | 'map' | 'other';
  type: string;
  optional: string[];
}

/**
 * Writes the construction of messages, which the library does not know, as calls with a map, which it does:
 * `Object.spec{replicas: 3}` becomes `constructMessageOfType0({"replicas": dyn(3)}, "")`. The last argument has the
 * names of fields whose values are optional: `{?replicas: …}`. `dyn` lets the values differ in their types.
 * @throws MessageFault for a type or a field that does not exist.
 */
export function withCalls(expression: string): MessageSource {
  const tokens = tokensOf(expression);
  const textOf = ({ start, end }: Token): string => expression.slice(start, end);
  const types: string[] = [];
  const pieces: { text: string; from: number; isOwn: boolean }[] = [];
  let copied = 0;
  const copyTo = (end: number): void => {
    if (end > copied) pieces.push({ text: expression.slice(copied, end), from: copied, isOwn: true });
    copied = end;
  };
  const insert = (text: string, at: number): void => void pieces.push({ text, from: at, isOwn: false });

  const open: Open[] = [];
  /** Reads `name:` or `?name:` of a message, at this token. Returns the place of the colon. */
  const readField = (message: Open, first: number): number => {
    let at = first;
    const isOptional = tokens[at]?.kind === '?';
    if (isOptional) at += 1;
    const [name, colon] = [tokens[at], tokens[at + 1]];
    // The library says what is wrong with anything else.
    if (name?.kind !== 'name' || colon?.kind !== ':') return first - 1;
    const field = textOf(name);
    if (message.type === 'JSONPatch' && ![...JSON_PATCH_TEXTS, 'value'].includes(field)) {
      throw new MessageFault(`undefined field '${field}'`, colon.start);
    }
    if (isOptional) {
      copyTo(tokens[first]?.start ?? copied);
      copied = tokens[first]?.end ?? copied;
      message.optional.push(field);
    }
    copyTo(name.start);
    insert('"', name.start);
    copyTo(name.end);
    insert('"', name.end);
    copyTo(colon.end);
    const isText = message.type === 'JSONPatch' && JSON_PATCH_TEXTS.includes(field) && !isOptional;
    insert(` ${isText ? textFunctionOf(field) : 'dyn'}(`, colon.end);
    return at + 1;
  };

  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at];
    if (!token) break;
    const inner = open.at(-1);
    if (token.kind === '{') {
      const type = typeBefore(tokens, at, textOf);
      open.push({ of: type ? 'message' : 'map', type: type?.name ?? '', optional: [] });
      if (!type) continue;
      if (!/^(?:Object(?:\..*)?|JSONPatch)$/s.test(type.name)) {
        throw new MessageFault(`undeclared reference to '${type.name}' (in container '')`, token.start);
      }
      const known = types.indexOf(type.name);
      if (known < 0) types.push(type.name);
      // What the type's name stands in place of was not copied yet: a name is no token that copies.
      copyTo(type.start);
      copied = token.start;
      insert(`${constructorOf(known < 0 ? types.length - 1 : known)}(`, type.start);
      copyTo(token.end);
      at = readField(open.at(-1) as Open, at + 1);
    } else if (token.kind === '(' || token.kind === '[') {
      open.push({ of: 'other', type: '', optional: [] });
    } else if (token.kind === ',' && inner?.of === 'message') {
      copyTo(token.start);
      insert(')', token.start);
      copyTo(token.end);
      at = readField(inner, at + 1);
    } else if (token.kind === '}' || token.kind === ')' || token.kind === ']') {
      open.pop();
      if (inner?.of !== 'message' || token.kind !== '}') continue;
      copyTo(token.start);
      const before = tokens[at - 1]?.kind;
      if (before !== '{' && before !== ',') insert(')', token.start);
      copyTo(token.end);
      insert(`, "${inner.optional.join(' ')}")`, token.end);
    }
  }
  copyTo(expression.length);
  return {
    text: pieces.map(({ text }) => text).join(''),
    types,
    placeOf(at) {
      let before = 0;
      for (const { text, from, isOwn } of pieces) {
        if (at < before + text.length) return isOwn ? from + at - before : from;
        before += text.length;
      }
      return expression.length;
    },
  };
}

/** The name of a type in front of a brace: `Object.spec`. A member of a value is none. */
function typeBefore(
  tokens: readonly Token[],
  brace: number,
  textOf: (token: Token) => string,
): { name: string; start: number } | undefined {
  const names: string[] = [];
  for (let at = brace - 1; ; at -= 2) {
    const token = tokens[at];
    if (token?.kind !== 'name' || textOf(token) === 'in') return undefined;
    names.unshift(textOf(token));
    const before = tokens[at - 1];
    if (before?.kind !== '.') return { name: names.join('.'), start: token.start };
  }
}
