import type { Sample } from './balancer.ts';
import { limits } from './limits.ts';

/** What has grown between the second quarter of the samples and the last one, in words. */
export function growth(samples: readonly Sample[]): string[] {
  const quarter = Math.floor(samples.length / 4);
  const second = samples.slice(quarter, 2 * quarter);
  const last = samples.slice(-quarter);
  if (quarter === 0) return ['too few samples to tell'];
  const problems: string[] = [];
  const grown = (of: (sample: Sample) => number) =>
    Math.min(...last.map(of)) - Math.max(...second.map(of));
  const bytes = grown(({ residentBytes }) => residentBytes);
  if (bytes > limits.growthBytesMax) problems.push(`memory grew by ${Math.round(bytes / 1e6)} MB`);
  const descriptors = grown(({ descriptors: count }) => count);
  if (descriptors > limits.growthDescriptorsMax) {
    problems.push(`${descriptors} descriptors more than before`);
  }
  return problems;
}
