/** How deep an expression may nest. Source: cel-go's parser, as of the size. */
export const MAX_DEPTH = 50;

/** The most characters of an expression. Source: cel-go parser/options.go. */
export const MAX_LENGTH = 100_000;
