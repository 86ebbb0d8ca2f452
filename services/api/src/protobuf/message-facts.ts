import messages from './messages.json' with { type: 'json' };

/** The type of a field's values: a scalar of protobuf, or a message by its full name. */
export type Scalar = 'string' | 'int32' | 'int64' | 'double' | 'bool' | 'bytes';
export type ValueType = { scalar: Scalar } | { message: string };

/** One field of a message, and the place of its value in JSON. */
export interface MessageField {
  number: number;
  /** The member's name in JSON. */
  member: string;
  label: 'one' | 'repeated' | 'map';
  type: ValueType;
  /** Go embeds the struct: in JSON its fields are members of the outer object. */
  embedded: boolean;
}

const MESSAGES = new Map(Object.entries<unknown>(messages)) as ReadonlyMap<string, Record<string, [number, string]>>;

/** Fields that are embedded structs (`json:",inline"`) in the Go types of k8s.io/api. */
const EMBEDDED: ReadonlySet<string> = new Set([
  'k8s.io.api.admissionregistration.v1.NamedRuleWithOperations ruleWithOperations',
  'k8s.io.api.admissionregistration.v1.RuleWithOperations rule',
  'k8s.io.api.core.v1.ConfigMapEnvSource localObjectReference',
  'k8s.io.api.core.v1.ConfigMapKeySelector localObjectReference',
  'k8s.io.api.core.v1.ConfigMapProjection localObjectReference',
  'k8s.io.api.core.v1.ConfigMapVolumeSource localObjectReference',
  'k8s.io.api.core.v1.EphemeralContainer ephemeralContainerCommon',
  'k8s.io.api.core.v1.PersistentVolumeSpec persistentVolumeSource',
  'k8s.io.api.core.v1.Probe handler',
  'k8s.io.api.core.v1.SecretEnvSource localObjectReference',
  'k8s.io.api.core.v1.SecretKeySelector localObjectReference',
  'k8s.io.api.core.v1.SecretProjection localObjectReference',
  'k8s.io.api.core.v1.Volume volumeSource',
  'k8s.io.api.networking.v1.IngressRule ingressRuleValue',
  'k8s.io.api.resource.v1.DeviceAllocationConfiguration deviceConfiguration',
  'k8s.io.api.resource.v1.DeviceClaimConfiguration deviceConfiguration',
  'k8s.io.api.resource.v1.DeviceClassConfiguration deviceConfiguration',
]);

/** The names that differ between the forms. */
const MEMBERS: Readonly<Record<string, string>> = {
  'k8s.io.api.admissionregistration.v1.MutatingWebhookConfiguration Webhooks': 'webhooks',
  'k8s.io.api.admissionregistration.v1.ValidatingWebhookConfiguration Webhooks': 'webhooks',
  'k8s.io.api.admissionregistration.v1.Validation Expression': 'expression',
  'k8s.io.api.admissionregistration.v1.Variable Expression': 'expression',
  'k8s.io.api.admissionregistration.v1.Variable Name': 'name',
  'k8s.io.api.authentication.v1.BoundObjectReference uID': 'uid',
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps ref': '$ref',
  'k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps schema': '$schema',
  'k8s.io.api.networking.v1.IngressClassParametersReference aPIGroup': 'apiGroup',
};

const SCALARS: ReadonlySet<string> = new Set(['string', 'int32', 'int64', 'double', 'bool', 'bytes']);

function typeNamed(word: string, around: string): ValueType {
  if (SCALARS.has(word)) return { scalar: word as Scalar };
  const absolute = word.replace(/^\./, '');
  if (MESSAGES.has(absolute)) return { message: absolute };
  const sibling = `${around.slice(0, around.lastIndexOf('.'))}.${word}`;
  return { message: sibling };
}

/** `xKubernetesListType` of a schema is `x-kubernetes-list-type` in JSON. */
const extensionName = (name: string): string =>
  name.startsWith('xKubernetes') ? name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`) : name;

function readField(message: string, name: string, [number, words]: [number, string]): MessageField {
  const map = /^map<string,(.+)>$/.exec(words);
  const repeated = /^repeated (.+)$/.exec(words);
  const word = map?.[1] ?? repeated?.[1] ?? words;
  return {
    number,
    member: MEMBERS[`${message} ${name}`] ?? extensionName(name),
    label: map ? 'map' : repeated ? 'repeated' : 'one',
    type: typeNamed(word, message),
    embedded: EMBEDDED.has(`${message} ${name}`),
  };
}

/** A message's fields in the order of their numbers, in which Go writes them. */
export interface MessageFacts {
  fields: readonly MessageField[];
  byNumber: ReadonlyMap<number, MessageField>;
}

const facts = new Map<string, MessageFacts>();

/** @throws Error for a name that no .proto file of Kubernetes has. */
export function messageFacts(message: string): MessageFacts {
  let found = facts.get(message);
  if (!found) {
    const entries = MESSAGES.get(message);
    if (!entries) throw new Error(`no protobuf message is named ${message}`);
    const fields = Object.entries(entries).map(([name, fact]) => readField(message, name, fact));
    fields.sort((a, b) => a.number - b.number);
    found = { fields, byNumber: new Map(fields.map((field) => [field.number, field])) };
    facts.set(message, found);
  }
  return found;
}

/** The message of a type of the schema: `io.k8s.api.core.v1.Pod` is `k8s.io.api.core.v1.Pod`. */
export function messageOfSchema(schema: string): string | undefined {
  const message = schema
    .replace(/^io\.k8s\./, 'k8s.io.')
    .replace(/(kube|apiextensions)-(aggregator|apiserver)/, '$1_$2');
  return MESSAGES.has(message) ? message : undefined;
}
