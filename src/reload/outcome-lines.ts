import type { ReloadOutcome } from './coordinator.ts';

/** One sentence about a reload. */
export function formatOutcome({ result, digest, file, plan }: ReloadOutcome): string {
  const config = `config ${(digest ?? '').slice(0, 12)}`;
  const changes = plan.reduce((sum, { lines }) => sum + lines.length, 0);
  const halves = plan.map(({ half }) => half).join(' and ');
  const follow = plan.length === 1 ? 'follows' : 'follow';
  const counted = changes === 1 ? '1 change' : `${changes} changes`;
  switch (result) {
    case 'applied': {
      const what = changes === 0 ? 'in which nothing but its text changed' : counted;
      return `${halves} ${follow} ${file} (${config}), ${what}`;
    }
    case 'unchanged':
      return `nothing to do: ${halves} ${follow} ${file} as it is (${config})`;
    case 'planned':
      return changes === 0
        ? `${file} (${config}) would change nothing but the text`
        : `${counted} in ${file} (${config}); nothing was done`;
    case 'refused':
      return 'the reload was refused; nothing has changed';
    case 'busy':
      return 'another reload is under way; nothing was done';
    case 'partly':
      return `the reload of ${file} (${config}) did not go as planned: see below, and tandem status`;
    case 'absent':
      return 'nothing runs here that could reload';
  }
}
