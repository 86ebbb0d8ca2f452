export {
  addQuantities,
  compareQuantities,
  formatQuantity,
  keptQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  QuantityError,
  subtractQuantities,
  wholeValue,
} from './quantity.js';
