/** The number on the line `NAME: N` of a file of `/proc`; undefined where it has none. Source: proc_pid_status(5). */
export function numberIn(text: string, name: string): number | undefined {
  const from = `\n${text}`.indexOf(`\n${name}:`);
  const found = from < 0 ? Number.NaN : Number.parseInt(text.slice(from + name.length + 1), 10);
  return Number.isNaN(found) ? undefined : found;
}

/** The bytes on the line `NAME: N kB`; undefined where there is none. Source: proc_meminfo(5). */
export function bytesIn(text: string, name: string): number | undefined {
  const kibibytes = numberIn(text, name);
  return kibibytes === undefined ? undefined : kibibytes * 1024;
}
