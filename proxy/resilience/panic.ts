/**
 * Does an upstream panic? When fewer than `thresholdPercent` of its servers are fit, more would be
 * lost by overrunning those than by trying the others. 0: never. Pure.
 */
export function panics(fit: number, total: number, thresholdPercent: number): boolean {
  return total > 0 && fit * 100 < thresholdPercent * total;
}
