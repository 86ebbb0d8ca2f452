create table agent_certificates (
  serial text collate "C" not null,
  agent text collate "C" not null,
  revision bigint not null,
  not_after timestamp with time zone not null,
  revoked boolean not null default false,
  bus_key text,
  constraint agent_certificates_pkey PRIMARY KEY (serial)
);

create table agents (
  agent text collate "C" not null,
  process text not null,
  incarnation bigint not null,
  constraint agents_incarnation_key UNIQUE (incarnation),
  constraint agents_pkey PRIMARY KEY (agent)
);

create table deleted_nodes (
  node text collate "C" not null,
  revision bigint not null,
  deleted_at timestamp with time zone not null default now(),
  constraint deleted_nodes_pkey PRIMARY KEY (node)
);

create table enrolments (
  agent text collate "C" not null,
  node_names text[] not null,
  revision bigint not null,
  constraint enrolments_pkey PRIMARY KEY (agent)
);

create table journal (
  revision bigint not null,
  type smallint not null,
  resource text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  uid text collate "C" not null,
  previous bigint not null,
  changed smallint not null,
  metadata json storage external not null,
  desired json storage external not null,
  observed json storage external,
  placement text collate "C",
  deleting boolean not null,
  written_at timestamp with time zone not null default now(),
  constraint journal_pkey PRIMARY KEY (revision)
) with (toast_tuple_target=8160);

create table objects (
  resource text collate "C" not null,
  namespace text collate "C" not null,
  name text collate "C" not null,
  uid text collate "C" not null,
  revision bigint not null,
  metadata json storage external not null,
  desired json storage external not null,
  observed json storage external,
  placement text collate "C",
  deleting boolean not null default false,
  sequence bigint not null default 0,
  constraint objects_pkey PRIMARY KEY (resource, namespace, name)
) with (toast_tuple_target=8160, fillfactor=50);

create table revision_counter (
  "only" boolean not null default true,
  revision bigint not null,
  compacted bigint not null,
  constraint revision_counter_only_check CHECK ("only"),
  constraint revision_counter_pkey PRIMARY KEY ("only")
);

create table revoked_agents (
  agent text collate "C" not null,
  revision bigint not null,
  revoked_at timestamp with time zone not null default now(),
  constraint revoked_agents_pkey PRIMARY KEY (agent)
);

create table schedulers (
  replica text not null,
  expires_at timestamp with time zone not null,
  constraint schedulers_pkey PRIMARY KEY (replica)
);

create table shard_leases (
  shard integer not null,
  holder text,
  epoch bigint not null,
  constraint shard_leases_pkey PRIMARY KEY (shard)
);

create table writers (
  writer text collate "C" not null,
  batch bigint not null,
  written_at timestamp with time zone not null default now(),
  constraint writers_pkey PRIMARY KEY (writer)
) with (fillfactor=20);

CREATE INDEX agent_certificates_agent ON public.agent_certificates USING btree (agent);

CREATE INDEX objects_placement ON public.objects USING btree (placement, uid) WHERE (placement IS NOT NULL);

CREATE UNIQUE INDEX objects_uid ON public.objects USING btree (uid);
