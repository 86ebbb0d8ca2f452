const UNITS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};
const DURATION = /^[+-]?(\d+(\.\d*)?|\.\d+)(ns|us|µs|μs|ms|s|m|h)/;

/** Parses a duration in Go's syntax, such as `1m30s` or `34.5s`. Returns ms; undefined for any other text. */
export function parseGoDuration(text: string): number | undefined {
  if (/^[+-]?0$/.test(text)) return 0;
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[+-]/, '');
  let ms = 0;
  do {
    const match = DURATION.exec(rest);
    if (!match || /^[+-]/.test(rest)) return undefined;
    ms += Number(match[1]) * (UNITS[match[3] ?? ''] ?? 0);
    rest = rest.slice(match[0].length);
  } while (rest !== '');
  return sign * ms;
}
