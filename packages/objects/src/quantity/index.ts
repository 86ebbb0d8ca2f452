export {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  type Quantity,
  QuantityError,
  subtractQuantities,
  wholeValue,
} from './quantity.js';
