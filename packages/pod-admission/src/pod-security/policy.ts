import type { FieldError } from '@everynode/objects';

export type Level = 'privileged' | 'baseline' | 'restricted';

/** The minor of a version `v1.minor`; Infinity for `latest`, which is newer than each. */
export type PolicyVersion = number;

export interface LevelVersion {
  level: Level;
  version: PolicyVersion;
}

type Mode = 'enforce' | 'audit' | 'warn';

/** What a namespace asks of its pods, by what happens to a pod that is not as it asks. */
export type Policy = Readonly<Record<Mode, LevelVersion>>;

const LEVELS: readonly Level[] = ['privileged', 'baseline', 'restricted'];
const LABEL = 'pod-security.kubernetes.io/';

/** A pod may do everything where a namespace asks for nothing. */
const PRIVILEGED: LevelVersion = { level: 'privileged', version: Number.POSITIVE_INFINITY };

/** `restricted:v1.25`, as messages name a policy. */
export function describePolicy({ level, version }: LevelVersion): string {
  return `${level}:${Number.isFinite(version) ? `v1.${version}` : 'latest'}`;
}

/** Negative where `a` is less strict than `b`. */
export function compareLevels(a: Level, b: Level): number {
  return LEVELS.indexOf(a) - LEVELS.indexOf(b);
}

/**
 * Reads the policy from the labels of a namespace. A label that cannot be read is an error; the policy is then the
 * strictest one for `enforce`, and the weakest one for `audit` and `warn`, which must not hinder.
 * Source: pod-security-admission/api/helpers.go, PolicyToEvaluate.
 */
export function policyOf(labels: Readonly<Record<string, string>> = {}): { policy: Policy; errors: FieldError[] } {
  const errors: FieldError[] = [];
  const read = (mode: Mode): LevelVersion => {
    const { [LABEL + mode]: level, [`${LABEL}${mode}-version`]: version } = labels;
    return {
      level: level === undefined ? PRIVILEGED.level : readLevel(mode, level, errors),
      version: version === undefined ? PRIVILEGED.version : readVersion(mode, version, errors),
    };
  };
  return { policy: { enforce: read('enforce'), audit: read('audit'), warn: read('warn') }, errors };
}

function readLevel(mode: Mode, text: string, errors: FieldError[]): Level {
  const level = LEVELS.find((known) => known === text);
  if (level) return level;
  errors.push(labelError(mode, text, `must be one of ${LEVELS.join(', ')}`));
  return mode === 'enforce' ? 'restricted' : 'privileged';
}

function readVersion(mode: Mode, text: string, errors: FieldError[]): PolicyVersion {
  if (text === 'latest') return PRIVILEGED.version;
  const minor = /^v1\.(\d|[1-9]\d*)$/.exec(text)?.[1];
  if (minor !== undefined) return Number(minor);
  errors.push(labelError(`${mode}-version`, text, 'must be "latest" or "v1.x"'));
  return PRIVILEGED.version;
}

function labelError(label: string, value: string, detail: string): FieldError {
  return { type: 'FieldValueInvalid', field: `metadata.labels[${LABEL}${label}]`, value, detail };
}
