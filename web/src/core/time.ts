/** Times: read as UTC, shown in the viewer's zone. All in milliseconds since 1970, fractions allowed. */

const TIMESTAMP = /^(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?$/;

/**
 * Reads a time stamp of a line. Without a zone it is UTC, or on the clock of `utcOffset` ("+09:00").
 * Gives NaN for anything else, a 30th of February included.
 */
export function parseTimestamp(text: string, utcOffset?: string): number {
  const match = TIMESTAMP.exec(text);
  if (!match) return NaN;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map(Number) as [
    number, number, number, number, number, number,
  ];
  if (hour > 23 || minute > 59 || second > 59) return NaN;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  if (date.getUTCMonth() !== month - 1 || date.getUTCDate() !== day) return NaN;
  const offsetMs = parseOffset(match[8] ?? utcOffset ?? 'Z');
  const fractionMs = Number(`0.${match[7] ?? '0'}`) * 1000;
  return date.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 + fractionMs - offsetMs;
}

/** `Z` or `+09:00` in milliseconds; NaN for anything else. */
function parseOffset(text: string): number {
  if (text === 'Z') return 0;
  const match = /^([+-])(\d\d):(\d\d)$/.exec(text);
  if (!match) return NaN;
  return (match[1] === '-' ? -1 : 1) * (Number(match[2]) * 60 + Number(match[3])) * 60_000;
}

/** The form that the server takes: UTC, whole seconds when it can, `Z` at the end. */
export function toUtcText(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.000Z$/, 'Z');
}

/** `14:03:07` in the viewer's zone. */
export function clockText(timeMs: number): string {
  const date = new Date(timeMs);
  return [date.getHours(), date.getMinutes(), date.getSeconds()].map(twoDigits).join(':');
}

/** `2026-01-31 14:03:07` in the viewer's zone. */
export function dateTimeText(timeMs: number): string {
  return localInputValue(timeMs).replace('T', ' ');
}

/** The value of an `<input type="datetime-local" step="1">`. */
export function localInputValue(timeMs: number): string {
  const date = new Date(timeMs);
  const day = [date.getFullYear(), twoDigits(date.getMonth() + 1), twoDigits(date.getDate())].join('-');
  return `${day}T${clockText(timeMs)}`;
}

/** Reads the value of such an input on the viewer's clock; NaN when it is empty or no time. */
export function parseLocalInput(value: string): number {
  if (!/^\d{4,6}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,3})?)?$/.test(value)) return NaN;
  return new Date(value).getTime();
}

/** `Europe/Berlin, UTC+01:00`: the name is the browser's, the offset the one that holds at `timeMs`. */
export function zoneText(timeMs: number): string {
  const name = new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const minutes = -new Date(timeMs).getTimezoneOffset();
  const sign = minutes < 0 ? '−' : '+';
  const offset = `UTC${sign}${twoDigits(Math.floor(Math.abs(minutes) / 60))}:${twoDigits(Math.abs(minutes) % 60)}`;
  if (minutes === 0 && (!name || name === 'UTC')) return 'UTC';
  return name ? `${name}, ${offset}` : offset;
}

/** `12.5 s`, `3 min 5 s`, `2 h 10 min`: two units at most. */
export function durationText(durationMs: number): string {
  const seconds = durationMs / 1000;
  if (seconds < 60) return `${trimZeros(seconds.toFixed(seconds < 10 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  const parts: [number, string][] = whole < 3600
    ? [[Math.floor(whole / 60), 'min'], [whole % 60, 's']]
    : [[Math.floor(whole / 3600), 'h'], [Math.floor((whole % 3600) / 60), 'min']];
  return parts.filter(([value]) => value > 0).map(([value, unit]) => `${value} ${unit}`).join(' ');
}

function trimZeros(text: string): string {
  return text.includes('.') ? text.replace(/\.?0+$/, '') : text;
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0');
}
