import { microTimestamp } from '@everynode/objects';
import { LineLog, type LineLogLimits, type Logger } from '@everynode/service-shell';
import type { ResourcePath } from '../http/resource-path.js';

interface AuditedUser {
  username: string;
  groups: string[];
  uid?: string;
  extra?: Record<string, string[]>;
}

/** One request as the audit log records it: the client, the verb and the object, but no content. */
export interface AuditedRequest {
  id: string;
  /** A watch is recorded when it begins and when it has ended, any other request when it is answered. */
  stage: 'ResponseStarted' | 'ResponseComplete';
  verb: string;
  /** Path and query. */
  uri: string;
  user: AuditedUser | undefined;
  /** The user as which the client acts, where that is another one. */
  impersonated: AuditedUser | undefined;
  /** What authorisation has decided, and why; undefined where it was not asked. */
  access: { decision: 'allow' | 'forbid'; reason: string } | undefined;
  /** What webhooks and policies have noted. */
  annotations?: Readonly<Record<string, string>> | undefined;
  address: string;
  userAgent: string | undefined;
  path: ResourcePath | undefined;
  code: number;
  /** ms since the epoch. */
  receivedAt: number;
}

/** An event of upstream's level Metadata: audit.k8s.io/v1, one line for each. Source: apiserver/pkg/apis/audit/v1. */
function auditEvent(request: AuditedRequest, now: number): object {
  const { path, user, access } = request;
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: request.id,
    stage: request.stage,
    requestURI: request.uri,
    verb: request.verb,
    user: user ?? { username: 'system:anonymous', groups: ['system:unauthenticated'] },
    ...(request.impersonated && { impersonatedUser: request.impersonated }),
    sourceIPs: [request.address],
    ...(request.userAgent !== undefined && { userAgent: request.userAgent }),
    ...(path && {
      objectRef: {
        resource: path.definition.plural,
        ...(path.namespace && { namespace: path.namespace }),
        ...(path.name !== undefined && { name: path.name }),
        ...(path.definition.group && { apiGroup: path.definition.group }),
        apiVersion: path.definition.version,
        ...(path.subresource !== undefined && { subresource: path.subresource }),
      },
    }),
    responseStatus: { metadata: {}, code: request.code },
    requestReceivedTimestamp: microTimestamp(request.receivedAt),
    stageTimestamp: microTimestamp(now),
    ...((access || request.annotations) && {
      annotations: {
        ...request.annotations,
        ...(access && {
          'authorization.k8s.io/decision': access.decision,
          'authorization.k8s.io/reason': access.reason,
        }),
      },
    }),
  };
}

/** Writes audit events to a file that is put aside when it is long. No request waits for the file. */
export class AuditLog {
  readonly #lines: LineLog;

  constructor(path: string, log: Logger, limits?: LineLogLimits) {
    this.#lines = new LineLog(path, log, limits);
  }

  record(request: AuditedRequest): void {
    this.#lines.add(JSON.stringify(auditEvent(request, Date.now())));
  }

  /** Resolves when everything that was recorded is written. */
  close(): Promise<void> {
    return this.#lines.close();
  }
}
