import type {
  LabelSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  OwnerReference,
  PodDisruptionBudgetSpec,
  PodResourceClaim,
  SeccompProfile,
  SecurityContext,
  Taint,
} from '../kinds/api-types.js';

/**
 * Objects as Go prints them in error messages. Upstream validates its internal types, which have no JSON names: a
 * message shows the names of the fields in Go, in their order, with null for what is not set.
 */

export const goOwner = ({ apiVersion, kind, name, uid, controller, blockOwnerDeletion }: OwnerReference): object => ({
  apiVersion: apiVersion ?? '',
  kind: kind ?? '',
  name: name ?? '',
  uid: uid ?? '',
  ...(controller !== undefined && { controller }),
  ...(blockOwnerDeletion !== undefined && { blockOwnerDeletion }),
});

export const goTaint = ({ key, value = '', effect, timeAdded }: Partial<Taint>): object => ({
  Key: key ?? '',
  Value: value,
  Effect: effect ?? '',
  TimeAdded: timeAdded ?? null,
});

export const goSeccompProfile = ({ type, localhostProfile }: SeccompProfile): object => ({
  Type: type ?? '',
  LocalhostProfile: localhostProfile ?? null,
});

export const goSecurityContext = (context: SecurityContext): object => {
  const { capabilities, seLinuxOptions: selinux, windowsOptions: windows } = context;
  const { seccompProfile, appArmorProfile } = context;
  return {
    Capabilities: capabilities ? { Add: capabilities.add ?? null, Drop: capabilities.drop ?? null } : null,
    Privileged: context.privileged ?? null,
    SELinuxOptions: selinux
      ? { User: selinux.user ?? '', Role: selinux.role ?? '', Type: selinux.type ?? '', Level: selinux.level ?? '' }
      : null,
    WindowsOptions: windows
      ? {
          GMSACredentialSpecName: windows.gmsaCredentialSpecName ?? null,
          GMSACredentialSpec: windows.gmsaCredentialSpec ?? null,
          RunAsUserName: windows.runAsUserName ?? null,
          HostProcess: windows.hostProcess ?? null,
        }
      : null,
    RunAsUser: context.runAsUser ?? null,
    RunAsGroup: context.runAsGroup ?? null,
    RunAsNonRoot: context.runAsNonRoot ?? null,
    ReadOnlyRootFilesystem: context.readOnlyRootFilesystem ?? null,
    AllowPrivilegeEscalation: context.allowPrivilegeEscalation ?? null,
    ProcMount: context.procMount ?? null,
    SeccompProfile: seccompProfile ? goSeccompProfile(seccompProfile) : null,
    AppArmorProfile: appArmorProfile
      ? { Type: appArmorProfile.type ?? '', LocalhostProfile: appArmorProfile.localhostProfile ?? null }
      : null,
  };
};

/** A label selector is a type of the API itself, so it has JSON names. */
const goLabelSelector = ({ matchLabels, matchExpressions }: LabelSelector): object => ({
  ...(matchLabels && Object.keys(matchLabels).length > 0 && { matchLabels }),
  ...(matchExpressions?.length && {
    matchExpressions: matchExpressions.map(({ key, operator, values }) => ({
      key: key ?? '',
      operator: operator ?? '',
      ...(values?.length && { values }),
    })),
  }),
});

export const goBudget = (spec: PodDisruptionBudgetSpec): object => ({
  MinAvailable: spec.minAvailable ?? null,
  Selector: spec.selector ? goLabelSelector(spec.selector) : null,
  MaxUnavailable: spec.maxUnavailable ?? null,
  UnhealthyPodEvictionPolicy: spec.unhealthyPodEvictionPolicy ?? null,
});

export const goResourceClaim = (claim: PodResourceClaim): object => ({
  Name: claim.name ?? '',
  ResourceClaimName: claim.resourceClaimName ?? null,
  ResourceClaimTemplateName: claim.resourceClaimTemplateName ?? null,
});

const goRequirements = (requirements: readonly NodeSelectorRequirement[] | undefined): object[] | null =>
  requirements?.map(({ key, operator, values }) => ({
    Key: key ?? '',
    Operator: operator ?? '',
    Values: values ?? null,
  })) ?? null;

export const goNodeTerm = ({ matchExpressions, matchFields }: NodeSelectorTerm): object => ({
  MatchExpressions: goRequirements(matchExpressions),
  MatchFields: goRequirements(matchFields),
});
