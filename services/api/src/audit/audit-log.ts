import { microTimestamp } from '@everynode/objects';
import { LineLog, type LineLogLimits, type Logger } from '@everynode/service-shell';
import type { Identity } from '../auth/identity.js';
import type { ResourcePath } from '../http/resource-path.js';

/** One request as the audit log records it: the client, the verb and the object, but no content. */
export interface AuditedRequest {
  id: string;
  /** A watch is recorded when it begins and when it has ended, any other request when it is answered. */
  stage: 'ResponseStarted' | 'ResponseComplete';
  verb: string;
  /** Path and query. */
  uri: string;
  /** JSON text, see {@link auditedUser}. */
  user: string | undefined;
  /** The user as which the client acts, where that is another one. */
  impersonated: string | undefined;
  /** What authorisation has decided, and why; undefined where it was not asked. */
  access: { decision: 'allow' | 'forbid'; reason: string } | undefined;
  /** What webhooks and policies have noted. */
  annotations?: Readonly<Record<string, string>> | undefined;
  /** Undefined for a message over the bus. */
  address: string | undefined;
  userAgent: string | undefined;
  path: ResourcePath | undefined;
  code: number;
  /** ms since the epoch. */
  receivedAt: number;
}

const UNKNOWN_USER = JSON.stringify({ username: 'system:anonymous', groups: ['system:unauthenticated'] });

/** By identity: the requests of a connection have the same one. */
const users = new WeakMap<Identity, string>();

/** The user of an identity as events name it. */
export function auditedUser(identity: Identity): string {
  const known = users.get(identity);
  if (known !== undefined) return known;
  const { user, groups, uid, extra } = identity;
  const text = JSON.stringify({ username: user, groups, ...(uid && { uid }), ...(extra && { extra }) });
  users.set(identity, text);
  return text;
}

const member = (name: string, value: unknown): string =>
  value === undefined ? '' : `,"${name}":${JSON.stringify(value)}`;

/**
 * An event of upstream's level Metadata: audit.k8s.io/v1, one line for each. Every request has one, so its text is put
 * together from what does not change. Source: apiserver/pkg/apis/audit/v1.
 */
function auditLine(request: AuditedRequest, now: number): string {
  const { user, impersonated } = request;
  return (
    `{"kind":"Event","apiVersion":"audit.k8s.io/v1","level":"Metadata","auditID":${JSON.stringify(request.id)}` +
    `,"stage":"${request.stage}","requestURI":${JSON.stringify(request.uri)}${member('verb', request.verb)}` +
    `,"user":${user ?? UNKNOWN_USER}${impersonated === undefined ? '' : `,"impersonatedUser":${impersonated}`}` +
    `,"sourceIPs":[${request.address === undefined ? '' : JSON.stringify(request.address)}]${member('userAgent', request.userAgent)}${objectMember(request)}` +
    `,"responseStatus":{"metadata":{},"code":${request.code}}` +
    `,"requestReceivedTimestamp":"${microTimestamp(request.receivedAt)}","stageTimestamp":"${microTimestamp(now)}"` +
    `${member('annotations', annotationsOf(request))}}`
  );
}

function objectMember({ path }: AuditedRequest): string {
  if (!path) return '';
  const { definition, namespace, name, subresource } = path;
  return (
    `,"objectRef":{"resource":"${definition.plural}"${member('namespace', namespace || undefined)}${member('name', name)}` +
    `${member('apiGroup', definition.group || undefined)},"apiVersion":"${definition.version}"` +
    `${member('subresource', subresource)}}`
  );
}

function annotationsOf({ access, annotations }: AuditedRequest): Readonly<Record<string, string>> | undefined {
  if (!access) return annotations;
  return {
    ...annotations,
    'authorization.k8s.io/decision': access.decision,
    'authorization.k8s.io/reason': access.reason,
  };
}

/** Writes audit events to a file that is put aside when it is long. No request waits for the file. */
export class AuditLog {
  readonly #lines: LineLog;

  constructor(path: string, log: Logger, limits?: LineLogLimits) {
    this.#lines = new LineLog(path, log, limits);
  }

  record(request: AuditedRequest): void {
    this.#lines.add(auditLine(request, Date.now()));
  }

  /** Resolves when everything that was recorded is written. */
  close(): Promise<void> {
    return this.#lines.close();
  }
}
