/** A share in percent, written with its sign. */
import { type Parsed, parsed, refused } from '../parsed.ts';
import { documented, spelled } from './field.ts';

/** A share with its default. */
export function percent(
  setting: { readonly default: string; readonly min: number; readonly max: number },
  doc: string,
) {
  const allowed = `a share from ${setting.min}% to ${setting.max}%, such as 50%`;
  const parse = (text: string): Parsed<number> => {
    const digits = /^([0-9]{1,3})%$/.exec(text)?.[1];
    if (digits === undefined) return refused(/^[0-9]{1,3}$/.test(text) ? `write ${text}%` : '');
    const value = Number(digits);
    if (value > setting.max) return refused('too large');
    return value < setting.min ? refused('too small') : parsed(value);
  };
  const schema = spelled(allowed, parse, (value) => `${value}%`).prefault(setting.default);
  return documented(schema, { doc, allowed, default: setting.default });
}
