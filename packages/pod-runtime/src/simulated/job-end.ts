import type { Container } from '@everynode/objects';

/** How long a Job's container runs that does not say how long it takes, in ms. */
const WORK_MS = 1000;

/** Commands that say themselves when they end, and with which code. Of a shell's script only these are read. */
const ENDS: readonly [pattern: RegExp, end: (value: number) => { afterMs: number; code: number }][] = [
  [/^exit (\d+)$/, (code) => ({ afterMs: 0, code })],
  [/^sleep (\d+)$/, (seconds) => ({ afterMs: seconds * 1000, code: 0 })],
  [/^(?:\/bin\/|\/usr\/bin\/)?false$/, () => ({ afterMs: 0, code: 1 })],
  [/^(?:\/bin\/|\/usr\/bin\/)?true$/, () => ({ afterMs: 0, code: 0 })],
];

const SHELL = /^(?:\/bin\/|\/usr\/bin\/)?(?:ba|d)?sh -c /;

/** When a container of a Job's pod ends, and how: as its command says, where that is plain, else after a second. */
export function jobEnd({ command = [], args = [] }: Pick<Container, 'command' | 'args'>): {
  afterMs: number;
  code: number;
} {
  const line = [...command, ...args].join(' ').trim().replace(SHELL, '');
  for (const [pattern, end] of ENDS) {
    const found = pattern.exec(line);
    if (found) return end(Number(found[1] ?? 0));
  }
  return { afterMs: WORK_MS, code: 0 };
}
