import { X509Certificate } from 'node:crypto';
import { RevokedKeyError } from '@everynode/bus-credentials';
import { isChangeOf, Workqueue } from '@everynode/list-watch';
import { type CertificateSigningRequest, resourceByStorage, type Stored, timestamp } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';
import { auditCertificate } from '../audit/audit-certificates.js';
import type { AuditLog } from '../audit/audit-log.js';
import { commit } from '../write/commit.js';
import { decisionFor } from '../write/decision.js';
import { objectOf } from '../write/stored-object.js';
import type { Target } from '../write/target.js';
import { type AgentBus, requestedBusKey } from './agent-bus.js';
import { type CertificateAuthority, signRequest } from './certificate-authority.js';
import { type ApprovalRight, nextStep, type RequestStep } from './decide-request.js';
import { AUTO_APPROVED, enrol, holdersOf, noteAskedAt, requestedEnrolment } from './enrol.js';

type Request = Stored<CertificateSigningRequest>;

const RESOURCE = 'certificatesigningrequests.certificates.k8s.io';
/** In ms. */
const RETRY = { firstMs: 1000, maxMs: 1000 };

/**
 * Approves requests that their clients have a right to, and signs what is approved. Every replica does both: a step is
 * decided on the stored request, so of two replicas one writes, and the other finds nothing left to do.
 */
export class CertificateController {
  readonly #context: ApiContext;
  readonly #authority: CertificateAuthority;
  readonly #bus: AgentBus | undefined;
  readonly #audit: Pick<AuditLog, 'record'> | undefined;
  readonly #queue: Workqueue;

  /**
   * `bus` issues the credentials of the bus beside certificates; undefined: agents get none here. What is written is
   * recorded in `audit`: no client's request does it.
   */
  constructor(
    context: ApiContext,
    authority: CertificateAuthority,
    bus: AgentBus | undefined,
    audit: Pick<AuditLog, 'record'> | undefined,
  ) {
    this.#context = context;
    this.#authority = authority;
    this.#bus = bus;
    this.#audit = audit;
    this.#queue = new Workqueue({
      workers: 1,
      reconcile: (name) => this.#advance(name),
      onError: (request, err) => context.log.warn({ err, request }, 'a certificate request could not be advanced'),
      backoff: () => RETRY,
    });
  }

  /** Follows requests until the service stops. The caches must be filled. */
  start(): void {
    const { reflector } = this.#context;
    reflector.addListener({
      onChanges: (changes) => {
        for (const change of changes) {
          if (isChangeOf(change, RESOURCE) && change.type !== 'DELETED') this.#queue.add(change.current.record.name);
        }
      },
    });
    this.addAll();
  }

  /** Looks at every request again: a right may have been granted since. */
  addAll(): void {
    for (const { record } of this.#context.reflector.cache(RESOURCE).list()) this.#queue.add(record.name);
  }

  /** Resolves when no step is under way. */
  close(): Promise<void> {
    return this.#queue.close();
  }

  async #advance(name: string): Promise<undefined> {
    const cached = this.#context.reflector.cache(RESOURCE).get('', name);
    if (!cached) return;
    const request = cached.object as Request;
    const step = nextStep(request);
    if (step.kind === 'approve') await this.#approve(request, step, cached.record.revision);
    else if (step.kind === 'sign') await this.#sign(request, cached.record.revision);
    else if (step.kind === 'fail') await this.#fail(request, 'fail', step.message);
  }

  async #approve(
    request: Request,
    { rights }: Extract<RequestStep, { kind: 'approve' }>,
    revision: number,
  ): Promise<void> {
    const found = rights.find(({ right }) => this.#mayCreate(request, right));
    if (!found || (found.right === 'nodeclient' && (await this.#movesNodes(request, revision)))) return;
    await this.#write(request, 'approve', (object) => {
      noteAskedAt(object, String(revision));
      addCondition(object, 'Approved', AUTO_APPROVED, found.message);
    });
  }

  /** Nodes that an agent holds move to another one, or to another key, only by the word of a person. */
  async #movesNodes(request: Request, revision: number): Promise<boolean> {
    const wanted = requestedEnrolment(request);
    const holders = wanted ? await holdersOf(this.#context, wanted.nodeNames, wanted.agent, revision) : [];
    if (holders.length === 0) return false;
    const { name } = request.metadata;
    this.#context.log.info({ request: name, holders }, 'a request for nodes of other agents waits for approval');
    return true;
  }

  /** The question that upstream's approver asks in a SubjectAccessReview. */
  #mayCreate({ spec }: Request, right: ApprovalRight): boolean {
    const { username = '', groups = [], uid, extra } = spec ?? {};
    const { verdict } = this.#context.authorization.decide({
      kind: 'resource',
      user: { user: username, groups, ...(uid !== undefined && { uid }), ...(extra && { extra }) },
      verb: 'create',
      group: 'certificates.k8s.io',
      resource: 'certificatesigningrequests',
      subresource: right,
      namespace: '',
      name: '',
    });
    return verdict === 'allow';
  }

  async #sign(request: Request, revision: number): Promise<void> {
    const certificate = await signRequest(this.#authority, request, Date.now());
    const busKey = this.#bus && requestedBusKey(request);
    // First, because a request that fails must not have enrolled its agent: the next one would wait for a person.
    const credential = await this.#busCredential(request, certificate, busKey);
    if (credential instanceof RevokedKeyError) return await this.#fail(request, 'sign', credential.message);
    const refusal = await enrol(this.#context, request, revision, { certificate, busKey });
    if (refusal !== undefined) return await this.#fail(request, 'sign', refusal);
    await this.#write(request, 'sign', (object) => {
      object.metadata.annotations = { ...object.metadata.annotations, ...credential };
      object.status = { ...object.status, certificate: Buffer.from(certificate).toString('base64') };
    });
    const { name } = request.metadata;
    const { username, signerName } = request.spec ?? {};
    this.#context.log.info({ request: name, requester: username, signer: signerName }, 'signed a certificate');
  }

  /** The answer to a request for a credential of the bus, which ends with the certificate. */
  async #busCredential(
    request: Request,
    certificate: string,
    busKey: string | undefined,
  ): Promise<Record<string, string> | RevokedKeyError> {
    const wanted = requestedEnrolment(request);
    if (!this.#bus || !wanted || busKey === undefined) return {};
    const expires = Date.parse(new X509Certificate(certificate).validTo);
    return await this.#bus.issue(wanted.agent, busKey, Date.now(), expires).catch((error: unknown) => {
      if (error instanceof RevokedKeyError) return error;
      throw error;
    });
  }

  #fail(request: Request, step: RequestStep['kind'], message: string): Promise<void> {
    return this.#write(request, step, (object) => addCondition(object, 'Failed', 'SignerValidationFailure', message));
  }

  /** Changes the stored request where the step is still the next one. */
  async #write(request: Request, step: RequestStep['kind'], change: (object: Request) => void): Promise<void> {
    const { metadata } = request;
    let outcome: string | undefined;
    const target: Target = { definition: resourceByStorage(RESOURCE), namespace: '', name: metadata.name };
    await commit(this.#context, {
      target,
      dryRun: false,
      decide: (current) => {
        outcome = undefined;
        if (!current || current.uid !== metadata.uid) return { kind: 'keep' };
        const object = objectOf(target, current) as Request;
        if (nextStep(object).kind !== step) return { kind: 'keep' };
        change(object);
        outcome = outcomeOf(object);
        return decisionFor(target, object, current);
      },
    });
    // Another replica may have written the step.
    if (!this.#audit || outcome === undefined) return;
    auditCertificate(this.#audit, request, step === 'approve' ? 'approval' : 'status', outcome);
  }
}

/** What a step has come to, for the audit log: the reason of its condition, or the number of the certificate. */
function outcomeOf({ status }: Request): string {
  if (status?.certificate) {
    return `serial ${new X509Certificate(Buffer.from(status.certificate, 'base64')).serialNumber.toLowerCase()}`;
  }
  const { type = '', reason = '' } = status?.conditions?.at(-1) ?? {};
  return `${type}: ${reason}`;
}

function addCondition(object: Request, type: string, reason: string, message: string): void {
  const now = timestamp(Date.now());
  const condition = { type, status: 'True', reason, message, lastUpdateTime: now, lastTransitionTime: now };
  object.status = { ...object.status, conditions: [...(object.status?.conditions ?? []), condition] };
}
