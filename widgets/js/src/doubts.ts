/** From values of the confidence colouring (0-100, high is good) to doubts; B-factors run the other way. */
export function doubts(values: (number | null)[], highIsGood: boolean): Float32Array {
  if (highIsGood) return Float32Array.from(values, v => (v === null ? 1 : Math.min(1, Math.max(0, 1 - v / 100))));
  const known = values.filter((v): v is number => v !== null);
  const low = Math.min(...known), reach = Math.max(...known) - low || 1;
  return Float32Array.from(values, v => (v === null ? 1 : (v - low) / reach));
}
