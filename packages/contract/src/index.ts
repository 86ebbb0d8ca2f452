export { isAgentName } from './agent-name.js';
export { busUser } from './bus-user.js';
export {
  eventType,
  type FetchObjectsReply,
  type FetchObjectsRequest,
  type FetchPodsReply,
  type FindMissingReply,
  type IssueTokenReply,
  type ListPodsReply,
  type ManifestApplied,
  type NodeHeartbeat,
  type NodeRegistered,
  type NodeRegistration,
  type NodesUnhosted,
  type PodAssigned,
  type PodEvent,
  type PodStatusItem,
  type PodStatusReported,
  type PodTerminating,
  type ReportStored,
  type RequestFailed,
  type TakeIncarnationReply,
} from './events.js';
export {
  changeOf,
  decodeChanges,
  encodeChange,
  type JournalChange,
  type JournalEntry,
  writtenBy,
} from './journal-codec.js';
export { NewestIncarnations } from './newest-incarnations.js';
export { incarnationOf, reportOrder } from './report-order.js';
export { type RevisionRange, rangeId, rangeOf } from './revision-range.js';
export {
  type ConsumerDeclaration,
  consumers,
  HEARTBEAT_ALLOWANCE,
  MAX_HEARTBEAT_BYTES,
  type StreamDeclaration,
  streams,
} from './streams.js';
export {
  AGENT_COMMANDS,
  type AgentCommand,
  type AgentRequest,
  agentOfSubject,
  inboxPrefix,
  isReplyTo,
  sentBy,
  subjects,
} from './subjects.js';
export type { AttachWanted, ExecWanted, LogWanted, PodTunnelWanted, TunnelWanted, UsageWanted } from './tunnels.js';
export type { ContainerUsage, NodeUsage, PodUsage } from './usage.js';
export { ContractError, failureIn, parseEvent, parseExchange, parseNodeUsage, parseReport } from './validate.js';
