import type { KubeObject } from '../kube-object.js';
import { AGE, ageOf, column, of, tableAfterName, wideColumn } from './columns.js';

const BETA_CLASS = 'volume.beta.kubernetes.io/storage-class';
const MODES = { ReadWriteOnce: 'RWO', ReadOnlyMany: 'ROX', ReadWriteMany: 'RWX', ReadWriteOncePod: 'RWOP' };
const UNSET = '<unset>';

/** `RWO,ROX`, each once. Rule: pkg/apis/core/helper GetAccessModesAsString. */
const accessModes = (modes: readonly string[] = []): string =>
  Object.entries(MODES)
    .filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');

const classOf = ({ metadata }: KubeObject, name: string | undefined): string =>
  metadata.annotations?.[BETA_CLASS] ?? name ?? '';

const phaseOf = ({ metadata }: KubeObject, phase: string | undefined): string =>
  metadata.deletionTimestamp ? 'Terminating' : (phase ?? '');

const isDefault = ({ metadata }: KubeObject, annotations: readonly string[]): boolean =>
  annotations.some((name) => metadata.annotations?.[name] === 'true');

interface Volume {
  capacity?: Record<string, string>;
  accessModes?: string[];
  persistentVolumeReclaimPolicy?: string;
  claimRef?: { namespace?: string; name?: string };
  storageClassName?: string;
  volumeAttributesClassName?: string;
  volumeMode?: string;
  volumeName?: string;
}

const CLASS = { pv: 'StorageClass of the pv', pvc: 'StorageClass of the pvc' };
const ATTRIBUTES = { pv: 'VolumeAttributesClass of the pv', pvc: 'VolumeAttributesClass of the pvc' };

/** `kubectl get persistentvolumes`. Rule: pkg/printers/internalversion, printPersistentVolume. */
export const persistentVolumeTable = tableAfterName<Volume, { phase?: string; reason?: string }>(
  [
    column('Capacity', of('core.v1.PersistentVolumeSpec', 'capacity')),
    column('Access Modes', of('core.v1.PersistentVolumeSpec', 'accessModes')),
    column('Reclaim Policy', of('core.v1.PersistentVolumeSpec', 'persistentVolumeReclaimPolicy')),
    column('Status', of('core.v1.PersistentVolumeStatus', 'phase')),
    column('Claim', of('core.v1.PersistentVolumeSpec', 'claimRef')),
    column('StorageClass', CLASS.pv),
    column('VolumeAttributesClass', ATTRIBUTES.pv),
    column('Reason', of('core.v1.PersistentVolumeStatus', 'reason')),
    AGE,
    wideColumn('VolumeMode', of('core.v1.PersistentVolumeSpec', 'volumeMode')),
  ],
  (object, now) => {
    const { spec, status } = object;
    const claim = spec?.claimRef;
    return [
      spec?.capacity?.storage ?? '0',
      accessModes(spec?.accessModes),
      spec?.persistentVolumeReclaimPolicy ?? '',
      phaseOf(object, status?.phase),
      claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : '',
      classOf(object, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? UNSET,
      status?.reason ?? '',
      ageOf(object, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
);

interface ClaimStatus {
  phase?: string;
  capacity?: Record<string, string>;
  accessModes?: string[];
}

/** `kubectl get pvc`: what a claim got is shown once it is bound. Rule: printPersistentVolumeClaim. */
export const persistentVolumeClaimTable = tableAfterName<Volume, ClaimStatus>(
  [
    column('Status', of('core.v1.PersistentVolumeClaimStatus', 'phase')),
    column('Volume', of('core.v1.PersistentVolumeClaimSpec', 'volumeName')),
    column('Capacity', of('core.v1.PersistentVolumeClaimStatus', 'capacity')),
    column('Access Modes', of('core.v1.PersistentVolumeClaimStatus', 'accessModes')),
    column('StorageClass', CLASS.pvc),
    column('VolumeAttributesClass', ATTRIBUTES.pvc),
    AGE,
    wideColumn('VolumeMode', of('core.v1.PersistentVolumeClaimSpec', 'volumeMode')),
  ],
  (object, now) => {
    const { spec, status } = object;
    const bound = Boolean(spec?.volumeName);
    return [
      phaseOf(object, status?.phase),
      spec?.volumeName ?? '',
      bound ? (status?.capacity?.storage ?? '0') : '',
      bound ? accessModes(status?.accessModes) : '',
      classOf(object, spec?.storageClassName),
      spec?.volumeAttributesClassName ?? UNSET,
      ageOf(object, now),
      spec?.volumeMode ?? UNSET,
    ];
  },
);

interface ClassFields {
  provisioner?: string;
  reclaimPolicy?: string;
  volumeBindingMode?: string;
  allowVolumeExpansion?: boolean;
  driverName?: string;
}

const DEFAULTS = ['storageclass.kubernetes.io/is-default-class', 'storageclass.beta.kubernetes.io/is-default-class'];
const ATTRIBUTES_DEFAULTS = ['volumeattributesclass.alpha.kubernetes.io/is-default-class'];

const storageClasses = tableAfterName<object, object, ClassFields>(
  [
    column('Provisioner', of('storage.v1.StorageClass', 'provisioner')),
    column('ReclaimPolicy', of('storage.v1.StorageClass', 'reclaimPolicy')),
    column('VolumeBindingMode', of('storage.v1.StorageClass', 'volumeBindingMode')),
    column('AllowVolumeExpansion', of('storage.v1.StorageClass', 'allowVolumeExpansion')),
    AGE,
  ],
  (object, now) => [
    object.provisioner ?? '',
    object.reclaimPolicy ?? 'Delete',
    object.volumeBindingMode ?? 'Immediate',
    object.allowVolumeExpansion ?? false,
    ageOf(object, now),
  ],
);

const attributesClasses = tableAfterName<object, object, ClassFields>(
  [column('DriverName', of('storage.v1.VolumeAttributesClass', 'driverName')), AGE],
  (object, now) => [object.driverName ?? '', ageOf(object, now)],
);

/** The name of a default class says so. */
const withDefault = (table: typeof storageClasses, annotations: readonly string[]): typeof storageClasses => ({
  columns: table.columns,
  row(object, now) {
    const [name = '', ...cells] = table.row(object, now).cells;
    return { cells: [isDefault(object, annotations) ? `${name} (default)` : name, ...cells] };
  },
});

/** `kubectl get storageclasses`. Rule: printStorageClass. */
export const storageClassTable = withDefault(storageClasses, DEFAULTS);

/** `kubectl get volumeattributesclasses`. Rule: printVolumeAttributesClass. */
export const volumeAttributesClassTable = withDefault(attributesClasses, ATTRIBUTES_DEFAULTS);

interface Attachment {
  attacher?: string;
  source?: { persistentVolumeName?: string };
  nodeName?: string;
}

/** `kubectl get volumeattachments`. Rule: printVolumeAttachment. */
export const volumeAttachmentTable = tableAfterName<Attachment, { attached?: boolean }>(
  [
    { ...column('Attacher', of('storage.v1.VolumeAttachmentSpec', 'attacher')), format: 'name' },
    column('PV', of('storage.v1.VolumeAttachmentSource', 'persistentVolumeName')),
    column('Node', of('storage.v1.VolumeAttachmentSpec', 'nodeName')),
    column('Attached', of('storage.v1.VolumeAttachmentStatus', 'attached'), 'boolean'),
    AGE,
  ],
  (object, now) => [
    object.spec?.attacher ?? '',
    object.spec?.source?.persistentVolumeName ?? '',
    object.spec?.nodeName ?? '',
    object.status?.attached ?? false,
    ageOf(object, now),
  ],
);

/** `kubectl get csinodes`. Rule: printCSINode. */
export const csiNodeTable = tableAfterName<{ drivers?: unknown[] }>(
  [column('Drivers', 'Drivers indicates the number of CSI drivers registered on the node', 'integer'), AGE],
  (object, now) => [object.spec?.drivers?.length ?? 0, ageOf(object, now)],
);

interface Driver {
  attachRequired?: boolean;
  podInfoOnMount?: boolean;
  storageCapacity?: boolean;
  tokenRequests?: { audience: string }[];
  requiresRepublish?: boolean;
  volumeLifecycleModes?: string[];
}

/** `kubectl get csidrivers`. Rule: printCSIDriver. */
export const csiDriverTable = tableAfterName<Driver>(
  [
    column('AttachRequired', of('storage.v1.CSIDriverSpec', 'attachRequired'), 'boolean'),
    column('PodInfoOnMount', of('storage.v1.CSIDriverSpec', 'podInfoOnMount'), 'boolean'),
    column('StorageCapacity', of('storage.v1.CSIDriverSpec', 'storageCapacity'), 'boolean'),
    column('TokenRequests', of('storage.v1.CSIDriverSpec', 'tokenRequests')),
    column('RequiresRepublish', of('storage.v1.CSIDriverSpec', 'requiresRepublish'), 'boolean'),
    column('Modes', of('storage.v1.CSIDriverSpec', 'volumeLifecycleModes')),
    AGE,
  ],
  (object, now) => [
    object.spec?.attachRequired ?? true,
    object.spec?.podInfoOnMount ?? false,
    object.spec?.storageCapacity ?? false,
    object.spec?.tokenRequests?.map(({ audience }) => audience).join(',') ?? UNSET,
    object.spec?.requiresRepublish ?? false,
    object.spec?.volumeLifecycleModes?.join(',') || '<none>',
    ageOf(object, now),
  ],
);

/** `kubectl get csistoragecapacities`. Rule: printCSIStorageCapacity. */
export const csiStorageCapacityTable = tableAfterName<object, object, { storageClassName?: string; capacity?: string }>(
  [
    column('StorageClassName', of('storage.v1.CSIStorageCapacity', 'storageClassName')),
    column('Capacity', of('storage.v1.CSIStorageCapacity', 'capacity')),
  ],
  (object) => [object.storageClassName ?? '', object.capacity ?? UNSET],
);
