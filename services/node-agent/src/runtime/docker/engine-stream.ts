import type { Readable } from 'node:stream';
import { type LogLine, linesOf } from '@everynode/container-streams';
import { LineParts } from '../../state/line-parts.js';

/** What a container has written to one of its outputs. */
interface Frame {
  stream: 'stdout' | 'stderr';
  bytes: Buffer;
}

const HEADER = 8;
const STDERR = 2;

/**
 * The frames of a stream of an engine: one byte for the output, three of nothing, four for the size. Source: moby,
 * pkg/stdcopy. With a terminal there are none, and all is stdout.
 */
export async function* framesOf(stream: Readable, hasTerminal: boolean): AsyncGenerator<Frame> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (hasTerminal) {
      yield { stream: 'stdout', bytes: chunk };
      continue;
    }
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let at = 0;
    while (rest.length - at >= HEADER) {
      const end = at + HEADER + rest.readUInt32BE(at + 4);
      if (end > rest.length) break;
      yield { stream: rest[at] === STDERR ? 'stderr' : 'stdout', bytes: rest.subarray(at + HEADER, end) };
      at = end;
    }
    rest = rest.subarray(at);
  }
}

/**
 * The lines of a log that an engine sends with times. A frame is one message of the engine's log: a line, or 16 KiB of
 * a longer one, of which only the last has a line end.
 */
export async function* logLinesOf(stream: Readable, hasTerminal: boolean): AsyncGenerator<LogLine> {
  const parts = new LineParts();
  for await (const { stream: output, text } of messagesOf(stream, hasTerminal)) {
    const isWhole = text.endsWith('\n');
    const blank = text.indexOf(' ');
    const own = text.slice(blank + 1, isWhole ? -1 : undefined);
    const line = parts.add({ at: text.slice(0, blank), stream: output, text: own }, !isWhole);
    if (line) yield line;
  }
  yield* parts.rest();
}

async function* messagesOf(
  stream: Readable,
  hasTerminal: boolean,
): AsyncGenerator<{ stream: Frame['stream']; text: string }> {
  if (hasTerminal) {
    for await (const line of linesOf(stream)) yield { stream: 'stdout', text: `${line}\n` };
    return;
  }
  // The parts of a line may be cut within a character.
  for await (const { stream: output, bytes } of framesOf(stream, false)) {
    yield { stream: output, text: bytes.toString('utf8') };
  }
}
