import type { FieldError } from '../field-error.js';
import type { AppArmorProfile, PodSpec, SeccompProfile } from '../kinds/api-types.js';
import { forbidden, invalidValue } from './field-errors.js';
import { validateRelativePath } from './paths.js';
import { placedContainers } from './windows.js';

type Annotations = Readonly<Record<string, string>>;

const MIRROR = 'kubernetes.io/config.mirror';
const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost';
const SECCOMP_OF_POD = 'seccomp.security.alpha.kubernetes.io/pod';
const SECCOMP_OF_CONTAINER = 'container.seccomp.security.alpha.kubernetes.io/';
const APPARMOR = 'container.apparmor.security.beta.kubernetes.io/';
const LOCALHOST = 'localhost/';

/** A whole number of 32 bits as Go parses it, and without a plus or zeros in front. */
function isCost(text: string): boolean {
  if (!/^(0|-?[1-9]\d*)$/.test(text)) return false;
  const cost = Number(text);
  return cost >= -(2 ** 31) && cost < 2 ** 31;
}

function seccompErrors(profile: string, field: string): FieldError[] {
  if (['runtime/default', 'docker/default', 'unconfined'].includes(profile)) return [];
  if (profile.startsWith(LOCALHOST)) return validateRelativePath(profile.slice(LOCALHOST.length), field);
  return [invalidValue(field, profile, 'must be a valid seccomp profile')];
}

function appArmorErrors(key: string, profile: string, containers: ReadonlySet<string>, field: string): FieldError[] {
  const name = key.slice(APPARMOR.length);
  const path = `${field}[${key}]`;
  const errors: FieldError[] = [];
  if (!containers.has(name)) {
    errors.push(invalidValue(path, name, 'container not found'));
  }
  if (!['', 'runtime/default', 'unconfined'].includes(profile) && !profile.startsWith(LOCALHOST)) {
    errors.push(invalidValue(path, profile, `invalid AppArmor profile name: ${JSON.stringify(profile)}`));
  }
  return errors;
}

/** Annotations that say something of a pod. Source: pkg/apis/core/validation ValidatePodSpecificAnnotations. */
export function validateSpecAnnotations(annotations: Annotations, spec: PodSpec, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const mirror = annotations[MIRROR];
  if (mirror !== undefined && !spec.nodeName) {
    errors.push(invalidValue(`${field}[${MIRROR}]`, mirror, 'must set spec.nodeName if mirror pod annotation is set'));
  }
  const cost = annotations[DELETION_COST];
  if (cost !== undefined && !isCost(cost)) {
    errors.push(invalidValue(`${field}[${DELETION_COST}]`, cost, 'must be a 32bit integer'));
  }
  let containers: ReadonlySet<string> | undefined;
  for (const [key, value] of Object.entries(annotations)) {
    if (key === SECCOMP_OF_POD || key.startsWith(SECCOMP_OF_CONTAINER)) {
      errors.push(...seccompErrors(value, `${field}.${key}`));
    } else if (key.startsWith(APPARMOR)) {
      containers ??= new Set(placedContainers(spec, 'spec').map(([container]) => container.name));
      errors.push(...appArmorErrors(key, value, containers, field));
    }
  }
  return errors;
}

/** What an update may not change of them. Source: ValidatePodSpecificAnnotationUpdates. */
export function validateAnnotationUpdate(after: Annotations, before: Annotations, field: string): FieldError[] {
  const errors: FieldError[] = [];
  const refuse = (key: string, how: string): void => {
    const what = key === MIRROR ? 'mirror pod annotation' : 'AppArmor annotations';
    if (key === MIRROR || key.startsWith(APPARMOR)) {
      errors.push(forbidden(`${field}[${key}]`, `may not ${how} ${what}`));
    }
  };
  for (const [key, value] of Object.entries(before)) if (after[key] !== value) refuse(key, 'remove or update');
  for (const key of Object.keys(after)) if (!Object.hasOwn(before, key)) refuse(key, 'add');
  return errors;
}

interface Profiles {
  what: 'apparmor' | 'seccomp';
  profile: AppArmorProfile | SeccompProfile | undefined;
  annotation: string | undefined;
  field: string;
}

/** A profile by annotation and by field must be the same one. */
function profileErrors({ what, profile, annotation, field }: Profiles): FieldError[] {
  if (!profile || annotation === undefined) return [];
  const differs = [forbidden(`${field}.type`, `${what} type in annotation and field must match`)];
  switch (profile.type) {
    case 'Unconfined':
      return annotation === 'unconfined' ? [] : differs;
    case 'RuntimeDefault':
      return annotation === 'runtime/default' || (what === 'seccomp' && annotation === 'docker/default') ? [] : differs;
    case 'Localhost':
      if (!annotation.startsWith(LOCALHOST)) return differs;
      if (annotation.slice(LOCALHOST.length) === profile.localhostProfile) return [];
      return [forbidden(`${field}.localhostProfile`, `${what} profile in annotation and field must match`)];
    default:
      return [];
  }
}

/** Source: validateSeccompAnnotationsAndFields, validateAppArmorAnnotationsAndFieldsMatchOnCreate. */
export function validateProfilesMatch(
  annotations: Annotations | undefined,
  spec: PodSpec | undefined,
  path: string,
): FieldError[] {
  if (!annotations || !spec) return [];
  const ofPod = spec.securityContext ?? {};
  const containers = placedContainers(spec, path);
  const at = (field: string, name: string): string => `${field}.securityContext.${name}`;
  const seccomp: Profiles[] = [
    {
      what: 'seccomp',
      profile: ofPod.seccompProfile,
      annotation: annotations[SECCOMP_OF_POD],
      field: at(path, 'seccompProfile'),
    },
    ...containers.map(
      ([{ name, securityContext }, field]): Profiles => ({
        what: 'seccomp',
        profile: securityContext?.seccompProfile,
        annotation: annotations[SECCOMP_OF_CONTAINER + name],
        field: at(field, 'seccompProfile'),
      }),
    ),
  ];
  const appArmor =
    spec.os?.name === 'windows'
      ? []
      : containers.map(
          ([{ name, securityContext }, field]): Profiles => ({
            what: 'apparmor',
            profile: securityContext?.appArmorProfile ?? ofPod.appArmorProfile,
            annotation: annotations[APPARMOR + name],
            field: at(field, 'appArmorProfile'),
          }),
        );
  return [...seccomp, ...appArmor].flatMap(profileErrors);
}
