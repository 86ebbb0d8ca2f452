/** What the rules ask of the node that a pod is on. */
export interface KubeletNode {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** What pods may use of it, by resource. */
  readonly allocatable: Readonly<Record<string, string>>;
  readonly hostIp: string;
}
