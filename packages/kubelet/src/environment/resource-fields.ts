import { type Container, milliValue, parseQuantity, wholeValue } from '@everynode/objects';

/** What an environment variable or a file shows of the resources of a container. */
interface ResourceField {
  resource: string;
  divisor?: string;
}

const amountOf = (quantity: string | undefined, isCpu: boolean): number => {
  const parsed = parseQuantity(quantity ?? '0');
  return Number(isCpu ? milliValue(parsed) : wholeValue(parsed));
};

/**
 * The value of `limits.cpu` and the like, in units of the divisor, rounded up. A limit that a container does not have
 * is what the node has. Undefined for a resource that cannot be shown. Source: pkg/api/v1/resource/helpers.go.
 */
export function resourceField(
  { resources }: Pick<Container, 'resources'>,
  { resource, divisor }: ResourceField,
  allocatable: Readonly<Record<string, string>>,
): string | undefined {
  const [list = '', ...rest] = resource.split('.');
  const name = rest.join('.');
  if ((list !== 'limits' && list !== 'requests') || name === '') return undefined;
  const isCpu = name === 'cpu';
  let amount = amountOf(resources?.[list]?.[name], isCpu);
  if (amount === 0 && list === 'limits') amount = amountOf(allocatable[name], isCpu);
  const unit = amountOf(divisor && divisor !== '0' ? divisor : '1', isCpu);
  return String(Math.ceil(amount / unit));
}
