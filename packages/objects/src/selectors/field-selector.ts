import { ApiError } from '../api-error.js';
import type { KubeObject } from '../kube-object.js';

/** One condition of a field selector. `==` is read as `=`. */
export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

/** The selectable fields of a resource, beside metadata.name and metadata.namespace. */
type SelectableFields = Readonly<Record<string, (object: KubeObject) => string>>;

const TERM = /^(.*?)(!=|==|=)(.*)$/s;

/** Splits at the commas that have no backslash before them. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let start = 0;
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') i += 1;
    else if (text[i] === ',') {
      terms.push(text.slice(start, i));
      start = i + 1;
    }
  }
  terms.push(text.slice(start));
  return terms.filter((term) => term !== '');
}

function unescapeValue(text: string): string {
  let value = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (char === '\\') {
      const escaped = text[i + 1];
      if (escaped === undefined || !'\\,='.includes(escaped)) {
        throw new ApiError('BadRequest', `invalid field selector: invalid escape sequence: \\${escaped ?? ''}`);
      }
      value += escaped;
      i += 1;
    } else if (char === '=' || char === ',') {
      throw new ApiError('BadRequest', `invalid field selector: unescaped character in value: ${char.charCodeAt(0)}`);
    } else value += char;
  }
  return value;
}

/**
 * Reads `metadata.name=a,spec.nodeName!=b`. In values `\\`, `\,` and `\=` are a backslash, a comma and an equals sign.
 * @throws ApiError BadRequest with the message of apimachinery's fields.ParseSelector.
 */
export function parseFieldSelector(text: string): FieldRequirement[] {
  return splitTerms(text).map((term) => {
    const match = TERM.exec(term);
    if (!match) throw new ApiError('BadRequest', `invalid selector: '${text}'; can't understand '${term}'`);
    const [, field = '', operator, value = ''] = match;
    return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value) };
  });
}

const METADATA_FIELDS: SelectableFields = {
  'metadata.name': (object) => object.metadata.name,
  'metadata.namespace': (object) => object.metadata.namespace ?? '',
};

/**
 * Returns a test for objects of a resource. Unset fields count as empty text. `scope` says what else is known of the
 * resource; without it the resource has a name and a namespace.
 * @throws ApiError BadRequest when a field is not selectable for the resource, with the message of upstream's
 *   conversions. A kind with selectable fields of its own has another message than the rest.
 */
export function compileFieldSelector(
  requirements: readonly FieldRequirement[],
  fields: SelectableFields,
  scope: { namespaced: boolean } = { namespaced: true },
): (object: KubeObject) => boolean {
  const hasOwn = Object.keys(fields).length > 0;
  const tests = requirements.map(({ field, operator, value }) => {
    const own = Object.hasOwn(fields, field) ? fields[field] : undefined;
    const read = own ?? (Object.hasOwn(METADATA_FIELDS, field) ? METADATA_FIELDS[field] : undefined);
    if (!read || (field === 'metadata.namespace' && hasOwn && !scope.namespaced)) {
      throw new ApiError(
        'BadRequest',
        hasOwn
          ? `field label not supported: ${field}`
          : `${JSON.stringify(field)} is not a known field selector: only "metadata.name", "metadata.namespace"`,
      );
    }
    return (object: KubeObject): boolean => (read(object) === value) === (operator === '=');
  });
  return (object) => tests.every((test) => test(object));
}

/**
 * The value that a selector requires of a field; undefined when it requires none. A list by name can then be a look-up.
 */
export function requiredFieldValue(requirements: readonly FieldRequirement[], field: string): string | undefined {
  return requirements.find((requirement) => requirement.field === field && requirement.operator === '=')?.value;
}
