import type { FeatureRequest, RequestEdits } from '../features/feature.ts';
import type { RequestAdditions } from '../http1/compose-head.ts';
import type { RequestHead } from '../http1/head.ts';

/**
 * What a request of our own says beside the head of a client's request that it stands for: the same as
 * that when it is forwarded, with these edits. Valid until the next call.
 */
export function additionsOf(
  { client, path, route }: FeatureRequest,
  head: RequestHead,
  edits: RequestEdits,
): RequestAdditions {
  const raw = route?.config.rawPath === true && head.pathEnd > head.targetStart;
  return client.additions(head, !head.pathNotable || raw ? null : path, edits);
}
