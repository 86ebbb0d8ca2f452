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

/** Writes a duration as Go does: `1m0.5s`. `ms` is whole and not negative. Source: time.Duration.String. */
export function formatGoDuration(ms: number): string {
  if (ms === 0) return '0s';
  if (ms < 1000) return `${ms}ms`;
  const [hours, minutes] = [Math.floor(ms / 3_600_000), Math.floor(ms / 60_000) % 60];
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}

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
