import { ageSince, type CustomResourceVersion, type KubeObject, type TableDefinition } from '@everynode/objects';
import { parsePath, valuesAt } from './json-path.js';

type Column = NonNullable<CustomResourceVersion['additionalPrinterColumns']>[number];

const AGE: Column = {
  name: 'Age',
  type: 'date',
  jsonPath: '.metadata.creationTimestamp',
  description: 'Time since the object was created.',
};

/** The columns of a version. Source: apiextensions-apiserver pkg/registry/customresource/tableconvertor. */
export function tableOf(columns: readonly Column[] | undefined): TableDefinition {
  const shown = columns && columns.length > 0 ? columns : [AGE];
  const cells = shown.map((column) => cellOf(column));
  return {
    columns: [
      {
        name: 'Name',
        type: 'string',
        format: 'name',
        description: 'Name of the object, unique among objects of its kind in its namespace.',
        priority: 0,
      },
      ...shown.map(({ name, type, format = '', description = '', priority = 0, jsonPath }) => ({
        name,
        type: type as TableDefinition['columns'][number]['type'],
        format,
        description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
        priority: priority as TableDefinition['columns'][number]['priority'],
      })),
    ],
    row: (object, now) => ({ cells: [object.metadata.name, ...cells.map((cell) => cell(object, now))] as never }),
  };
}

/** A cell without a value is null. */
function cellOf({ type, jsonPath }: Column): (object: KubeObject, now: number) => unknown {
  const steps = parsePath(jsonPath);
  if (!steps) return () => null;
  return (object, now) => {
    const [value] = valuesAt(object, steps);
    if (value === undefined || value === null) return null;
    switch (type) {
      case 'integer':
        return typeof value === 'number' ? Math.trunc(value) : null;
      case 'number':
        return typeof value === 'number' ? value : null;
      case 'boolean':
        return typeof value === 'boolean' ? value : null;
      case 'date':
        if (typeof value !== 'string') return null;
        return Number.isNaN(Date.parse(value)) ? '<invalid>' : ageSince(value, now);
      default:
        return typeof value === 'string' ? value : JSON.stringify(value);
    }
  };
}
