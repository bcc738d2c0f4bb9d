/**
 * How alike the query outputs of pictures are: the mean cosine, over pictures and pairs of queries, between the queries'
 * deviations from their means over the pictures. Near 1 all queries say the same about a picture, whatever constant each
 * of them adds and whatever the loss curve looks like.
 *
 * @param features of at least two pictures, (queries, width) each
 */
export function querySimilarity(features: readonly Float32Array[], queries: number): number {
  const means = meanOf(features);
  const width = means.length / queries;
  let sum = 0;
  let pairs = 0;
  for (const picture of features) {
    const deviations = Array.from({ length: queries }, (_, query) => {
      const [start, end] = [query * width, (query + 1) * width];
      return unit(Float64Array.from(picture.subarray(start, end), (value, i) => value - means[start + i]!));
    });
    for (let a = 0; a < queries; a++) {
      for (let b = a + 1; b < queries; b++) {
        sum += dot(deviations[a]!, deviations[b]!);
        pairs++;
      }
    }
  }
  return pairs === 0 ? 0 : sum / pairs;
}

function meanOf(arrays: readonly Float32Array[]): Float64Array {
  const sum = new Float64Array(arrays[0]!.length);
  for (const array of arrays) array.forEach((value, i) => (sum[i]! += value));
  return sum.map(value => value / arrays.length);
}

function unit(vector: Float64Array): Float64Array {
  const length = Math.sqrt(dot(vector, vector));
  return length === 0 ? vector : vector.map(value => value / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[i]!;
  return sum;
}
