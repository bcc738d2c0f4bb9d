export { allocate, byteSize, viewAs, type DType, type DTypeArrays, type TensorData } from './dtype.js';
export { isMiniGPT4Error, MiniGPT4Error } from './errors.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToBfloat16, float32ToFloat16, toFloat32 } from './half.js';
export { asFloat32, hostTensor, zeros, type HostTensor } from './host-tensor.js';
export { random, randomFromState, type Random } from './random.js';
export { elementCount, formatShape, rowMajorStrides, sameShape, type Shape } from './shape.js';
