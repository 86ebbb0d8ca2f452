import { DataRefusedError } from '../errors.js';
import type { Decision, ObjectKey } from '../write.js';

/**
 * Refuses what columns of text and numbers are known not to hold, before Postgres does: a batch that it refuses is
 * committed in parts, which costs a transaction for each half. The parts of an object need no look here: JSON text has
 * no U+0000, only an escape of it.
 * @throws DataRefusedError
 */
export function checkStorable({ namespace, name }: ObjectKey, decision: Decision): void {
  if (decision.kind === 'create') {
    checkText('name', name);
    checkText('namespace', namespace);
    checkText('uid', decision.uid);
    if (name.includes('\n')) throw new DataRefusedError(`a name of two lines: ${JSON.stringify(name)}`);
  }
  if ('placement' in decision && decision.placement) checkText('placement', decision.placement);
  if ('sequence' in decision && decision.sequence !== undefined && !Number.isSafeInteger(decision.sequence)) {
    throw new DataRefusedError(`the number of a report is out of range: ${decision.sequence}`);
  }
}

function checkText(what: string, text: string): void {
  if (text.includes('\0')) throw new DataRefusedError(`the ${what} contains U+0000: ${JSON.stringify(text)}`);
}
