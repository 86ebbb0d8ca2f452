/** What a node is made of, where it is a machine. */
export interface Machine {
  address: string;
  /** By resource, as quantities. */
  capacity: Record<string, string>;
  info: Record<string, string>;
  /** Whether containers are held to their limits of cpu and memory. */
  enforcesLimits: boolean;
}

/** A node whose pods a process runs, with all its labels. */
export interface HostedNode {
  name: string;
  /** Decides its addresses: below 65,536, and different from that of every other node of the fleet. */
  number: number;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  taints: { key: string; value?: string; effect: string }[];
  capacity: Record<string, string>;
  /** What the node is, where it is this machine; undefined for a simulated one. */
  machine?: Machine;
}
