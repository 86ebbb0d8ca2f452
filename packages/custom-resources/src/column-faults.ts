import { type CustomResourceVersion, type FieldError, invalidValue, required } from '@everynode/objects';

type Column = NonNullable<CustomResourceVersion['additionalPrinterColumns']>[number];

const TYPES = 'boolean,date,integer,number,string';
const FORMATS = 'byte,date,date-time,double,float,int32,int64,password';

/** Source: apiextensions-apiserver pkg/apis/apiextensions/validation, ValidateCustomResourceColumnDefinition. */
export function columnFaults({ name, type, format = '', jsonPath }: Column, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (name === '') errors.push(required(`${path}.name`));
  if (type === '') errors.push(required(`${path}.type`, `must be one of ${TYPES}`));
  else if (!TYPES.split(',').includes(type)) {
    errors.push(invalidValue(`${path}.type`, type, `must be one of ${TYPES}`));
  }
  if (format !== '' && !FORMATS.split(',').includes(format)) {
    errors.push(invalidValue(`${path}.format`, format, `must be one of ${FORMATS}`));
  }
  if (jsonPath === '') errors.push(required(`${path}.JSONPath`));
  else if (!jsonPath.startsWith('.')) {
    errors.push(invalidValue(`${path}.JSONPath`, jsonPath, 'must be a simple json path starting with .'));
  }
  return errors;
}
