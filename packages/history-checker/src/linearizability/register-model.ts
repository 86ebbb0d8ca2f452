import type { Operation } from '../history.js';

/** An object as a register with versions. */
export interface Register {
  /** Undefined: there is no object. */
  value: string | undefined;
  /** Of the object; undefined when it was written by an operation without an answer. */
  revision: number | undefined;
  /** The newest revision that is known: later writes have later ones. */
  newest: number;
}

export const NO_OBJECT: Register = { value: undefined, revision: undefined, newest: 0 };

/**
 * Carries out one operation on a register alone. Returns the register after it; undefined when the operation cannot
 * have ended as it did. One without an answer returns the same register where it has no effect.
 */
export function step(register: Register, operation: Operation): Register | undefined {
  switch (operation.outcome) {
    case 'ok':
      return operation.action.do === 'read' ? read(register, operation) : write(register, operation);
    case 'unknown':
      return write(register, { ...operation, outcome: 'ok' }) ?? register;
    case 'refused':
      return register;
    case 'exists':
      return register.value === undefined ? undefined : register;
    case 'absent':
      return register.value === undefined ? register : undefined;
    case 'conflict':
      return register.value !== undefined && !isCertainly(register, expectedBy(operation)) ? register : undefined;
  }
}

function expectedBy({ action }: Operation): number | undefined {
  return 'expects' in action ? action.expects : undefined;
}

/** Whether the object has this revision without doubt. */
function isCertainly({ revision }: Register, expected: number | undefined): boolean {
  return expected !== undefined && revision === expected;
}

/** Whether the object may have this revision; any, when none is expected. */
function mayBe({ revision, newest }: Register, expected: number | undefined): boolean {
  if (expected === undefined || revision === expected) return true;
  return revision === undefined && expected > newest;
}

function read(register: Register, { value, revision }: Operation): Register | undefined {
  if (register.value !== value) return undefined;
  if (value === undefined || revision === undefined) return register;
  return mayBe(register, revision) ? { value, revision, newest: Math.max(register.newest, revision) } : undefined;
}

function write(register: Register, operation: Operation): Register | undefined {
  const { action, revision } = operation;
  if ((action.do === 'create') !== (register.value === undefined)) return undefined;
  if (!mayBe(register, expectedBy(operation))) return undefined;
  if (action.do === 'delete') return { value: undefined, revision: undefined, newest: register.newest };
  if (action.do === 'read' || (revision !== undefined && revision <= register.newest)) return undefined;
  const value = action.do === 'append' ? `${register.value},${action.value}` : action.value;
  if (operation.value !== undefined && operation.value !== value) return undefined;
  return { value, revision, newest: revision ?? register.newest };
}
