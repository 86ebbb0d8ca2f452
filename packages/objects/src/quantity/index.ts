export { compareQuantities, formatQuantity, milliValue, parseQuantity, QuantityError } from './quantity.js';
