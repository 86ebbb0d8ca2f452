import type { ResourceName } from '@everynode/objects';
import type { ColumnType, Generated } from 'kysely';

/** Tables as kysely sees them. Revisions are bigint in Postgres and plain numbers here (exact up to 2^53). */
export interface Database {
  revision_counter: RevisionCounterTable;
  objects: ObjectsTable;
  journal: JournalTable;
  shard_leases: ShardLeasesTable;
  schedulers: SchedulersTable;
  writers: WritersTable;
  agents: AgentsTable;
  enrolments: EnrolmentsTable;
  agent_certificates: AgentCertificatesTable;
  deleted_nodes: DeletedNodesTable;
  revoked_agents: RevokedAgentsTable;
}

interface RevisionCounterTable {
  only: Generated<boolean>;
  /** The last revision that was assigned. While a transaction locks the row, commit order is revision order. */
  revision: number;
  /** Journal rows up to this revision are gone. */
  compacted: number;
}

interface ObjectsTable {
  resource: ResourceName;
  namespace: string;
  name: string;
  uid: string;
  revision: number;
  /** JSON text: the three parts of an object, see ObjectRecord. */
  metadata: string;
  desired: string;
  observed: string | null;
  placement: string | null;
  deleting: boolean;
  /** The number of the last report of an agent on this object; 0 when there was none. */
  sequence: number;
}

interface JournalTable {
  revision: number;
  /** 1 ADDED, 2 MODIFIED, 3 DELETED. */
  type: number;
  resource: ResourceName;
  namespace: string;
  name: string;
  uid: string;
  previous: number;
  /** Bits of what was written: 1 metadata, 2 desired, 4 observed. */
  changed: number;
  metadata: string;
  desired: string;
  observed: string | null;
  placement: string | null;
  deleting: boolean;
  written_at: ColumnType<Date, never, never>;
}

interface ShardLeasesTable {
  shard: number;
  holder: string | null;
  /** Grows with every change of holder: the fencing token. */
  epoch: number;
}

interface SchedulersTable {
  replica: string;
  expires_at: ColumnType<Date, Date, Date>;
}

interface WritersTable {
  /** A nonce of the process that writes. */
  writer: string;
  /** The number of the last batch that it has committed. */
  batch: number;
  written_at: ColumnType<Date, never, Date>;
}

interface EnrolmentsTable {
  agent: string;
  node_names: string[];
  revision: number;
}

interface AgentCertificatesTable {
  serial: string;
  agent: string;
  revision: number;
  not_after: ColumnType<Date, Date, never>;
  revoked: Generated<boolean>;
  /** The public key of the bus that has a credential beside the certificate. */
  bus_key: string | null;
}

interface DeletedNodesTable {
  node: string;
  revision: number;
  deleted_at: ColumnType<Date, never, never>;
}

interface RevokedAgentsTable {
  agent: string;
  revision: number;
  revoked_at: Date;
}

interface AgentsTable {
  agent: string;
  /** Names the process of the agent that started last. */
  process: string;
  /** That of the process of the agent which started last. */
  incarnation: number;
}
