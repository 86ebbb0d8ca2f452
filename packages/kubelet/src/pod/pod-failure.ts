/** Why a pod has failed as a whole, whatever its containers did. */
export interface PodFailure {
  reason: string;
  message: string;
  /** The node never began the pod: its status says nothing of containers. */
  rejected: boolean;
  /** The node has ended it for reasons of its own: the pod gets the condition DisruptionTarget. */
  isDisruption?: boolean;
}
