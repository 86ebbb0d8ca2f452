import type { FieldError } from '../field-error.js';
import type {
  DownwardAPIVolumeFile,
  KeyToPath,
  ProjectedVolumeSource,
  ServiceAccountTokenProjection,
} from '../kinds/api-types.js';
import { forbidden, invalidValue, required } from './field-errors.js';
import { POD_FIELDS_OF_FILES, validateFieldReference, validateResourceReference } from './field-references.js';
import { validateLocalPath, validateMode } from './paths.js';

/** Source: validateKeyToPath. `field` names the list. */
export function validateItems(items: readonly KeyToPath[] | undefined, field: string): FieldError[] {
  return (items ?? []).flatMap(({ key, path = '', mode }, index) => {
    const at = `${field}[${index}]`;
    return [
      ...(key ? [] : [required(`${at}.key`)]),
      ...(path ? [] : [required(`${at}.path`)]),
      ...validateLocalPath(path, `${at}.path`),
      ...validateMode(mode, `${at}.mode`),
    ];
  });
}

/** Source: validateDownwardAPIVolumeFile. Upstream does not say which file it is. */
export function validateDownwardFile(file: DownwardAPIVolumeFile, field: string): FieldError[] {
  const { path = '', fieldRef, resourceFieldRef, mode } = file;
  const errors = path ? [] : [required(`${field}.path`)];
  errors.push(...validateLocalPath(path, `${field}.path`));
  if (fieldRef) {
    errors.push(...validateFieldReference(fieldRef, POD_FIELDS_OF_FILES, `${field}.fieldRef`));
    if (resourceFieldRef) {
      const detail = 'fieldRef and resourceFieldRef can not be specified simultaneously';
      errors.push(invalidValue(field, 'resource', detail));
    }
  } else if (resourceFieldRef) {
    errors.push(...validateResourceReference(resourceFieldRef, true, `${field}.resourceFieldRef`));
  } else {
    errors.push(required(field, 'one of fieldRef and resourceFieldRef is required'));
  }
  return [...errors, ...validateMode(mode, `${field}.mode`)];
}

const LEAST_SECONDS = 600;
const MOST_SECONDS = 2 ** 32;

function validateToken(token: ServiceAccountTokenProjection, volume: string, field: string): FieldError[] {
  const { path, expirationSeconds: seconds = 0 } = token;
  const errors: FieldError[] = [];
  const invalid = (detail: string) => errors.push(invalidValue(`${field}.expirationSeconds`, seconds, detail));
  if (seconds < LEAST_SECONDS) invalid('may not specify a duration less than 10 minutes');
  if (seconds > MOST_SECONDS) invalid('may not specify a duration larger than 2^32 seconds');
  if (!path) errors.push(required(`${volume}.path`));
  else errors.push(...validateLocalPath(path, `${volume}.path`));
  return errors;
}

/** Source: validateProjectedVolumeSource, validateProjectionSources. */
export function validateProjected({ defaultMode, sources }: ProjectedVolumeSource, field: string): FieldError[] {
  const errors = validateMode(defaultMode, `${field}.defaultMode`);
  const paths = new Set<string>();
  const claim = (path: string | undefined, name: string): void => {
    if (!path) return;
    if (paths.has(path)) errors.push(invalidValue(field, name, 'conflicting duplicate paths'));
    paths.add(path);
  };
  for (const [index, source] of (sources ?? []).entries()) {
    const at = `${field}.sources[${index}]`;
    for (const kind of ['secret', 'configMap'] as const) {
      const { [kind]: named } = source;
      if (!named) continue;
      if (!named.name) errors.push(required(`${at}.${kind}.name`));
      for (const [place, item] of (named.items ?? []).entries()) {
        errors.push(...validateItems([item], '').map((error) => placed(error, `${at}.${kind}.items[${place}]`)));
        claim(item.path, named.name ?? '');
      }
    }
    for (const file of source.downwardAPI?.items ?? []) {
      errors.push(...validateDownwardFile(file, `${at}.downwardAPI`));
      claim(file.path, file.path);
    }
    const { serviceAccountToken } = source;
    if (serviceAccountToken) errors.push(...validateToken(serviceAccountToken, field, `${at}.serviceAccountToken`));
    if (Object.keys(source).length > 1) {
      errors.push(forbidden(at, 'may not specify more than 1 volume type per source'));
    }
  }
  return errors;
}

const placed = (error: FieldError, field: string): FieldError => ({
  ...error,
  field: error.field.replace('[0]', field),
});
