import { type FileHandle, open } from 'node:fs/promises';
import { microTimestamp } from '@everynode/objects';
import type { Logger } from '@everynode/service-shell';
import type { ResourcePath } from '../http/resource-path.js';
import { putAside } from './put-aside.js';

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

/** What is kept without other limits. */
const AUDIT_LIMITS: AuditLimits = { maxBytes: 64 * 1024 * 1024, backups: 3 };

/** Lines that may wait for the disk; beyond this they are dropped, and their number is logged. */
const MAX_PENDING = 10_000;

/**
 * Events that come within this time are written together, in ms: opening and writing a file costs more than most
 * requests. They are lost when the process is killed.
 */
const GATHER_MS = 50;

/** How much is kept: files of `maxBytes`, the newest and `backups` older ones (`PATH.1` is the newest of these). */
interface AuditLimits {
  maxBytes: number;
  backups: number;
}

/** Appends to a file that only its owner can read, and puts it aside when it is long. No request waits for the file. */
export class AuditLog {
  readonly #path: string;
  readonly #log: Logger;
  readonly #limits: AuditLimits;
  #pending: string[] = [];
  #dropped = 0;
  #writing: Promise<void> | undefined;
  /** Ends the time in which events are gathered. */
  #flush: () => void = () => undefined;

  constructor(path: string, log: Logger, limits: AuditLimits = AUDIT_LIMITS) {
    this.#path = path;
    this.#limits = limits;
    this.#log = log;
  }

  record(request: AuditedRequest): void {
    if (this.#pending.length >= MAX_PENDING) this.#dropped += 1;
    else this.#pending.push(`${JSON.stringify(auditEvent(request, Date.now()))}\n`);
    this.#begin();
  }

  #begin(): void {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = undefined;
      // Without this, lines that arrive while the file is being closed would wait for the next request.
      if (this.#pending.length > 0) this.#begin();
    });
  }

  /** Resolves when everything that was recorded is written. */
  async close(): Promise<void> {
    while (this.#writing) {
      this.#flush();
      await this.#writing;
    }
  }

  async #write(): Promise<void> {
    await this.#gather();
    try {
      while (this.#pending.length > 0) {
        const file = await open(this.#path, 'a', 0o600);
        const isLong = await this.#append(file).finally(() => file.close());
        if (isLong) await putAside(this.#path, this.#limits.backups);
      }
    } catch (err) {
      this.#log.error({ err, path: this.#path, lost: this.#pending.length }, 'the audit log cannot be written');
      this.#pending = [];
    }
    if (this.#dropped > 0)
      this.#log.error({ dropped: this.#dropped }, 'the audit log was too slow: events were dropped');
    this.#dropped = 0;
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.#flush = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  /** Writes what waits. Returns whether the file is then as long as it may be. */
  async #append(file: FileHandle): Promise<boolean> {
    let { size } = await file.stat();
    while (this.#pending.length > 0 && size < this.#limits.maxBytes) {
      const lines = this.#pending;
      this.#pending = [];
      const text = lines.join('');
      await file.appendFile(text);
      size += Buffer.byteLength(text);
    }
    return size >= this.#limits.maxBytes;
  }
}
