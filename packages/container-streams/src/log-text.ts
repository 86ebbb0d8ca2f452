/** A line of a container's log. */
export interface LogLine {
  /** RFC 3339 with nanoseconds. */
  at: string;
  stream: 'stdout' | 'stderr';
  /** Without its end. */
  text: string;
}

/**
 * The text of lines as a client wants it: with their times, of one stream only, and up to a number of bytes, after
 * which it ends, in the middle of a line too. Source: cri-client/pkg/logs, logWriter.
 */
export async function* logText(
  lines: AsyncIterable<LogLine>,
  { timestamps, limitBytes, stream }: { timestamps: boolean; limitBytes?: number; stream: 'All' | 'Stdout' | 'Stderr' },
): AsyncGenerator<Uint8Array> {
  let left = limitBytes ?? Number.POSITIVE_INFINITY;
  const wanted = stream === 'All' ? undefined : stream.toLowerCase();
  for await (const line of lines) {
    if (wanted !== undefined && line.stream !== wanted) continue;
    const bytes = Buffer.from(`${timestamps ? `${line.at} ` : ''}${line.text}\n`);
    if (bytes.length >= left) {
      yield bytes.subarray(0, left);
      return;
    }
    left -= bytes.length;
    yield bytes;
  }
}
