import { isObject, type Json, type JsonObject } from '../exchange.js';
import type { Bindings } from './bindings.js';
import { serverMadeAt } from './server-made.js';

/** Walks through a recorded value and ours side by side, and binds the values that the two servers made. */
export function learn(recorded: Json, ours: Json, bindings: Bindings, path: readonly string[] = []): void {
  if (Array.isArray(recorded) && Array.isArray(ours)) {
    recorded.forEach((item, index) => {
      if (index < ours.length) learn(item, ours[index] as Json, bindings, path);
    });
  } else if (isObject(recorded) && isObject(ours)) {
    learnName(recorded, ours, bindings);
    for (const [key, value] of Object.entries(recorded)) {
      const other = ours[key];
      if (other !== undefined) learn(value, other, bindings, [...path, key]);
    }
  } else if (typeof recorded === 'string' && typeof ours === 'string') {
    const kind = serverMadeAt(path, recorded);
    if (kind === undefined || kind === 'time' || kind !== serverMadeAt(path, ours)) return;
    if (kind === 'version') bindings.bindVersion(recorded, ours);
    else bindings.bind(recorded, ours);
  }
}

/** Binds a name that the server made of `generateName` and five characters. */
function learnName(recorded: JsonObject, ours: JsonObject, bindings: Bindings): void {
  const { generateName: prefix, name } = recorded;
  if (typeof prefix !== 'string' || prefix === '' || typeof name !== 'string' || typeof ours.name !== 'string') return;
  if (ours.generateName !== prefix || !name.startsWith(prefix) || !ours.name.startsWith(prefix)) return;
  bindings.bind(name, ours.name);
}
