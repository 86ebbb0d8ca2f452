import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  MutatingWebhookConfiguration,
  ParamKind,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../kinds/api-types.js';
import type { Stored } from '../kinds/kinds.js';
import type { TableDefinition } from '../resource.js';
import { formatLabelSelector } from '../selectors/index.js';
import { AGE, ageOf, column, NAME } from './columns.js';

const UNSET = '<unset>';

/** Rule: pkg/printers/internalversion, printValidatingWebhook and the following functions there. */
export const webhookConfigurationTable: TableDefinition<
  Stored<ValidatingWebhookConfiguration | MutatingWebhookConfiguration>
> = {
  columns: [
    NAME,
    column('Webhooks', 'Webhooks indicates the number of webhooks registered in this configuration', 'integer'),
    AGE,
  ],
  row(object, now) {
    return { cells: [object.metadata.name, object.webhooks?.length ?? 0, ageOf(object, now)] };
  },
};

export const admissionPolicyTable: TableDefinition<Stored<ValidatingAdmissionPolicy>> = {
  columns: [
    NAME,
    column(
      'Validations',
      'Validations indicates the number of validation rules defined in this configuration',
      'integer',
    ),
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy'),
    AGE,
  ],
  row(object, now) {
    const { validations = [], paramKind } = object.spec ?? {};
    return { cells: [object.metadata.name, validations.length, paramKindOf(paramKind), ageOf(object, now)] };
  },
};

export const mutatingPolicyTable: TableDefinition<Stored<MutatingAdmissionPolicy>> = {
  columns: [
    NAME,
    column('Mutations', 'Mutations indicates the number of mutations rules defined in this configuration', 'integer'),
    column('ParamKind', 'ParamKind specifies the kind of resources used to parameterize this policy'),
    AGE,
  ],
  row(object, now) {
    const { mutations = [], paramKind } = object.spec ?? {};
    return { cells: [object.metadata.name, mutations.length, paramKindOf(paramKind), ageOf(object, now)] };
  },
};

const paramKindOf = (paramKind: ParamKind | undefined): string =>
  paramKind ? `${paramKind.apiVersion}/${paramKind.kind}` : UNSET;

export const admissionBindingTable: TableDefinition<
  Stored<ValidatingAdmissionPolicyBinding | MutatingAdmissionPolicyBinding>
> = {
  columns: [
    NAME,
    column('PolicyName', 'PolicyName indicates the policy definition which the policy binding binded to'),
    column('ParamRef', 'ParamRef indicates the param resource which sets the configration param'),
    AGE,
  ],
  row(object, now) {
    const { policyName = '', paramRef } = object.spec ?? {};
    const { name = '', namespace = '', selector } = paramRef ?? {};
    const named = name !== '' && namespace !== '' ? `${namespace}/${name}` : name;
    const param = name === '' && selector ? formatLabelSelector(selector) : named || UNSET;
    return { cells: [object.metadata.name, policyName, param, ageOf(object, now)] };
  },
};
