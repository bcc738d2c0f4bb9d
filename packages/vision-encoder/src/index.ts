export { clipPreprocess, preprocess, type PreprocessConfig } from './preprocess.js';
export { decodeImage, type DecodeOptions, type RgbImage } from './decode-image.js';
export { evaClipViTg14, readEvaViTConfig, visionTokens, type EvaViTConfig } from './config.js';
export { evaViT, imageInput, type EvaViTOutputs, type EvaViTParams } from './eva-vit.js';
export { interpolatePositions } from './interpolate-positions.js';
export { randomResizedCrop } from './random-resized-crop.js';
export { readImageFile, type ReadImageFileOptions } from './image-file/read-image-file.js';
export { resizeLikePil } from './resize-like-pil.js';
export { unusedVisionWeights } from './weights.js';
