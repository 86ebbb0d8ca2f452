import type { Pod, Stored } from '@everynode/objects';
import type { ApiContext } from '../api-context.js';

/** What is read here of volumes and drivers: their kinds have no types of their own. */
type VolumeSpec = { csi?: { driver?: string } } | undefined;
type DriverSpec = { tokenRequests?: { audience: string }[] } | undefined;

/** True where a volume of the pod has a token for the audience, or is of a driver that gets one. */
export function namesAudience(
  { reflector }: Pick<ApiContext, 'reflector'>,
  { metadata, spec }: { metadata: { namespace: string; name: string }; spec?: Stored<Pod>['spec'] },
  audience: string,
): boolean {
  const driverOf = (claim: string): string | undefined => {
    const volume = reflector.cache('persistentvolumeclaims').get(metadata.namespace, claim)?.object.spec?.volumeName;
    const found = volume === undefined ? undefined : reflector.cache('persistentvolumes').get('', volume);
    return (found?.object.spec as VolumeSpec)?.csi?.driver;
  };
  const asks = (driver: string | undefined): boolean => {
    const found = driver === undefined ? undefined : reflector.cache('csidrivers.storage.k8s.io').get('', driver);
    return (found?.object.spec as DriverSpec)?.tokenRequests?.some((one) => one.audience === audience) ?? false;
  };
  return (spec?.volumes ?? []).some(({ name, projected, csi, persistentVolumeClaim, ephemeral }) => {
    const tokens = projected?.sources?.flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []) ?? [];
    if (tokens.some((token) => (token.audience ?? '') === audience)) return true;
    if (csi) return asks(csi.driver);
    if (persistentVolumeClaim) return asks(driverOf(persistentVolumeClaim.claimName));
    return ephemeral !== undefined && asks(driverOf(`${metadata.name}-${name}`));
  });
}
