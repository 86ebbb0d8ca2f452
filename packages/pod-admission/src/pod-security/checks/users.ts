import { type Check, containersThat, type FindViolation, hasOwnUsers, settersOf, theContainers } from '../check.js';

const violationOfNonRoot: FindViolation = ({ spec }) => {
  const setters = settersOf(spec, ({ runAsNonRoot }) => runAsNonRoot === false);
  const reason = 'runAsNonRoot != true';
  if (setters) return { reason, detail: `${setters} must not set securityContext.runAsNonRoot=false` };
  if (spec.securityContext?.runAsNonRoot) return undefined;
  const silent = containersThat(spec, ({ securityContext }) => securityContext?.runAsNonRoot === undefined);
  if (silent.length === 0) return undefined;
  return { reason, detail: `pod or ${theContainers(silent)} must set securityContext.runAsNonRoot=true` };
};

/** Source: check_runAsNonRoot.go. */
export const runAsNonRoot: Check = {
  level: 'restricted',
  forms: [
    { since: 0, violation: violationOfNonRoot },
    { since: 35, violation: (pod) => (hasOwnUsers(pod.spec) ? undefined : violationOfNonRoot(pod)) },
  ],
};

const violationOfUser: FindViolation = ({ spec }) => {
  const setters = settersOf(spec, ({ runAsUser }) => runAsUser === 0);
  return setters ? { reason: 'runAsUser=0', detail: `${setters} must not set runAsUser=0` } : undefined;
};

/** Source: check_runAsUser.go. */
export const runAsUser: Check = {
  level: 'restricted',
  forms: [
    { since: 23, violation: violationOfUser },
    { since: 35, violation: (pod) => (hasOwnUsers(pod.spec) ? undefined : violationOfUser(pod)) },
  ],
};
