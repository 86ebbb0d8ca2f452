/** A text as Go's `%q` prints it, for texts without control characters. */
export const quoted = (text: string): string => JSON.stringify(text);

/** A list of texts as Go's `%q` prints it. */
export const quotedList = (texts: readonly string[]): string => `[${texts.map(quoted).join(' ')}]`;
