export type AdmissionOperation = 'create' | 'update' | 'delete' | 'connect';
