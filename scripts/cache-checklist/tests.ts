/** Names of the tests that the table speaks of most. */
import { test } from '../conformance/evidence.ts';

/** Of the pure rules. */
export function rules(file: string, ...titles: readonly string[]): string {
  return test(`proxy/cache/rules/${file}.test.ts`, ...titles);
}

/** What clients are given. */
export function serving(...titles: readonly string[]): string {
  return test('proxy/cache/serving.test.ts', ...titles);
}

/** Validation, stale answers, ranges. */
export function validating(...titles: readonly string[]): string {
  return test('proxy/cache/validating.test.ts', ...titles);
}

/** The parser of Cache-Control. */
export function control(title: string): string {
  return rules('cache-control', 'Cache-Control', title);
}

/** What is not stored. */
export function refused(title: string): string {
  return rules('storable', 'a response is not stored', title);
}

/** What becomes of stale responses. */
export function stale(title: string): string {
  return validating('a stale response', title);
}
