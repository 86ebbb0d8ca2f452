const WIDTH = 28;

/** A bar for a terminal, with the count behind it: `██████░░░░ 6,500 of 10,000`. */
export function progressBar(done: number, of: number, width = WIDTH): string {
  const filled = of === 0 ? width : Math.min(width, Math.floor((done * width) / of));
  const count = `${done.toLocaleString('en-US')} of ${of.toLocaleString('en-US')}`;
  return `${'█'.repeat(filled)}${'░'.repeat(width - filled)} ${count}`;
}
