/** The objects of the Engine API, as far as they are used here. Source: moby, api/swagger.yaml. */

export interface ListedContainer {
  Id: string;
  ImageID: string;
  Labels: Record<string, string>;
  /** created, running, paused, restarting, removing, exited, dead */
  State: string;
  /** Bytes that it has written to its own files, where they were asked for. */
  SizeRw?: number;
}

/** What a container uses. An engine leaves out what it does not measure. */
export interface EngineStats {
  /** RFC 3339. */
  read: string;
  /** In ns since its start. */
  cpu_stats: { cpu_usage: { total_usage: number } };
  memory_stats: { usage?: number; stats?: { inactive_file?: number; total_inactive_file?: number } };
  pids_stats: { current?: number };
}

export interface EngineContainer {
  Id: string;
  /** Digest of its image. */
  Image: string;
  Config: { Labels: Record<string, string> | null; Tty: boolean; StopSignal?: string };
  State: {
    Status: string;
    Running: boolean;
    ExitCode: number;
    /** Whether the kernel has killed any process of it because its memory was used up. */
    OOMKilled: boolean;
    /** Why it could not be started. */
    Error: string;
    /** RFC 3339; of the year 1 where it never was. */
    StartedAt: string;
    FinishedAt: string;
  };
  NetworkSettings: { Networks: Record<string, { IPAddress: string }> | null };
}

export interface EngineImage {
  Id: string;
  Size: number;
  RepoDigests: string[] | null;
  Config: { User?: string; StopSignal?: string } | null;
}

export interface PortBinding {
  HostIp: string;
  HostPort: string;
}

/** What a container is held to. */
export interface EngineResources {
  /** In bytes; 0 without a limit. */
  Memory: number;
  /** Memory and swap together. */
  MemorySwap: number;
  CpuShares: number;
  /** In microseconds; 0 without a limit. */
  CpuPeriod: number;
  CpuQuota: number;
}

export interface EngineMount {
  Type: 'bind';
  Source: string;
  Target: string;
  ReadOnly: boolean;
  BindOptions: { Propagation: 'rprivate' | 'rslave' | 'rshared' };
}

export interface ContainerBody {
  Image: string;
  Labels: Record<string, string>;
  Hostname?: string;
  User?: string;
  Env?: string[];
  Entrypoint?: string[];
  Cmd?: string[];
  WorkingDir?: string;
  Tty?: boolean;
  OpenStdin?: boolean;
  StdinOnce?: boolean;
  ExposedPorts?: Record<string, object>;
  Healthcheck?: { Test: string[] };
  HostConfig: Partial<EngineResources> & {
    NetworkMode: string;
    IpcMode?: string;
    PidMode?: string;
    UTSMode?: string;
    RestartPolicy: { Name: 'no' };
    LogConfig?: { Type: string; Config: Record<string, string> };
    Mounts?: EngineMount[];
    PortBindings?: Record<string, PortBinding[]>;
    ExtraHosts?: string[];
    Dns?: string[];
    DnsSearch?: string[];
    DnsOptions?: string[];
    Sysctls?: Record<string, string>;
    OomScoreAdj?: number;
    Privileged?: boolean;
    CapAdd?: string[];
    CapDrop?: string[];
    GroupAdd?: string[];
    SecurityOpt?: string[];
    ReadonlyRootfs?: boolean;
    MaskedPaths?: string[];
    ReadonlyPaths?: string[];
  };
}

export interface ExecBody {
  Cmd: string[];
  AttachStdin: boolean;
  AttachStdout: boolean;
  AttachStderr: boolean;
  Tty: boolean;
}

export interface ExecState {
  Running: boolean;
  ExitCode: number | null;
}

export interface LogQuery {
  follow?: boolean;
  /** Seconds since 1970, with their fraction. */
  since?: string;
  tail?: number;
  timestamps?: boolean;
}
