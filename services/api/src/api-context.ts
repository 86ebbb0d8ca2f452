import type { ApiTunnels } from '@everynode/container-streams';
import type { Reflector } from '@everynode/list-watch';
import type { PodSecurityExemptions } from '@everynode/pod-admission';
import type { Logger } from '@everynode/service-shell';
import type { Store } from '@everynode/store';
import type { RequestAdmission } from './admission/dynamic/request-admission.js';
import type { Notes } from './admission/notes.js';
import type { Authorization } from './auth/authorization.js';
import type { Credentials } from './auth/credentials.js';
import type { Identity } from './auth/identity.js';
import type { ServiceAccountTokens } from './auth/service-account-tokens.js';
import type { RevokedCertificates } from './certificates/revoked-certificates.js';
import type { Collections } from './collection/collections.js';
import type { RequestWork } from './fairness/request-work.js';
import type { BodyThreads } from './http/body-threads.js';
import type { WriteLimits } from './http/write-limits.js';
import type { NodeHeartbeats } from './leases/node-heartbeats.js';
import type { FreshReads } from './read/fresh-reads.js';
import type { NodeUsages } from './usage/node-usages.js';
import type { WatchHub } from './watch/watch-hub.js';

/** What request handlers share. */
export interface ApiContext {
  store: Store;
  /** Of the request that is served; undefined for what the api writes by itself. */
  limits?: WriteLimits;
  /** The client whose request is served; undefined for what the api writes by itself, and for reads. */
  identity?: Identity;
  /**
   * Webhooks and policies for the request that is served; undefined for what the api writes by itself, for reads, and
   * where the cluster has none.
   */
  dynamic?: RequestAdmission;
  /** What is said about the request beside its answer; undefined as `identity` is. */
  notes?: Notes;
  /** The event loop's time of the request that is served; undefined for what the api does by itself. */
  work?: RequestWork;
  authorization: Authorization;
  podSecurityExemptions: PodSecurityExemptions;
  reflector: Reflector;
  collections: Collections;
  /** Reads bodies that take long. */
  bodies: BodyThreads;
  freshReads: FreshReads;
  watches: WatchHub;
  /** The ways into containers. */
  tunnels: ApiTunnels;
  usages: NodeUsages;
  /** How long the socket of a watch may accept nothing while events wait for it, in ms. */
  watchStallMs: number;
  heartbeats: NodeHeartbeats;
  log: Logger;
  /** Aborts when the service stops: watches end. */
  signal: AbortSignal;
  /** Tokens of service accounts. */
  tokens: ServiceAccountTokens;
  /** The longest that a token of a service account lives, in seconds; undefined for no bound beside the kind's own. */
  maxTokenSeconds: number | undefined;
  /** How clients prove who they are. */
  credentials: Credentials;
  revoked: RevokedCertificates;
  /** False: objects that nothing acts on are created without a warning. */
  warnsOfInertKinds: boolean;
  /** PEM of the CA that signs the api's certificate, for `kube-root-ca.crt`. */
  rootCa: string;
}
