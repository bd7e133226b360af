/** The three forms of dates in HTTP (RFC 9110 5.6.7). */

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MONTH = `(?<month>${MONTHS.join('|')})`;
const TIME = '(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})';
const SHORT = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

/** Newest first; only the first is sent today. */
const FORMS: readonly RegExp[] = [
  new RegExp(`^${SHORT}, (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`),
  new RegExp(`^${LONG}, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`),
  new RegExp(`^${SHORT} ${MONTH} (?<day>[0-9 ][0-9]) ${TIME} (?<year>[0-9]{4})$`),
];

/** Longer than any form. */
const DATE_LENGTH_MAX = 40;

/** A year of two digits is in the past when it would be more than so many years ahead. */
const CENTURY_AHEAD_MAX = 50;

/** Epoch milliseconds of a date; null for what is none. `now` decides the century of `Sunday, 06-Nov-94`. */
export function parseHttpDate(text: string, now: number): number | null {
  if (text.length > DATE_LENGTH_MAX) return null;
  for (const form of FORMS) {
    const parts = form.exec(text)?.groups;
    if (parts !== undefined) return fromParts(parts, now);
  }
  return null;
}

function fromParts(parts: Readonly<Record<string, string>>, now: number): number | null {
  const { year, month, day, hour, minute, second } = parts as Record<string, string>;
  const time = [Number(hour), Number(minute), Number(second)] as const;
  const dayOfMonth = Number(day);
  // A leap second is a second like its neighbour.
  if (time[0] > 23 || time[1] > 59 || time[2] > 60 || dayOfMonth < 1) return null;
  const wholeYear = year!.length === 2 ? inCentury(Number(year), now) : Number(year);
  const monthIndex = MONTHS.indexOf(month!);
  const date = new Date(0);
  date.setUTCFullYear(wholeYear, monthIndex, dayOfMonth);
  if (date.getUTCMonth() !== monthIndex) return null;
  return date.setUTCHours(time[0], time[1], time[2], 0);
}

function inCentury(year: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const guess = thisYear - (thisYear % 100) + year;
  return guess > thisYear + CENTURY_AHEAD_MAX ? guess - 100 : guess;
}
