/** The WAV form without its DOM: what was typed becomes a request or a sentence; what came back becomes words. */
import { durationText, parseLocalInput, toUtcText } from './time';

export const UNIT_SECONDS = { s: 1, min: 60, h: 3600 } as const;
export type LengthUnit = keyof typeof UNIT_SECONDS;

export interface Period {
  readonly startMs: number;
  readonly seconds: number;
  /** `null`: the server takes the only one. */
  readonly device: string | null;
}

export type PeriodField = 'start' | 'length';
export interface PeriodError {
  readonly field: PeriodField;
  readonly sentence: string;
}

/** Checks what the form holds. Longest period and emptiness are the server's to judge: it knows format and archive. */
export function readPeriod(
  start: string, length: string, unit: LengthUnit, device: string | null,
): Period | PeriodError {
  const startMs = parseLocalInput(start);
  if (!Number.isFinite(startMs)) return { field: 'start', sentence: 'Give a start: date and time of day.' };
  const seconds = Number(length.trim().replace(',', '.')) * UNIT_SECONDS[unit];
  if (length.trim() === '' || !Number.isFinite(seconds) || seconds <= 0) {
    return { field: 'length', sentence: 'Give a length above 0.' };
  }
  return { startMs, seconds: Math.round(seconds * 1000) / 1000, device };
}

/** The last seconds before `endMs`, cut to whole seconds because the field shows no fraction. */
export function lastPeriod(endMs: number, seconds: number, device: string | null): Period {
  return { startMs: Math.floor(endMs / 1000) * 1000 - seconds * 1000, seconds, device };
}

/** A length in the largest unit that writes it as a whole number. */
export function lengthParts(seconds: number): { value: number; unit: LengthUnit } {
  for (const unit of ['h', 'min'] as const) {
    const value = seconds / UNIT_SECONDS[unit];
    if (Number.isInteger(value) && value > 0) return { value, unit };
  }
  return { value: seconds, unit: 's' };
}

/** The query of `GET api/wav`. */
export function wavQuery(period: Period): string {
  const query = new URLSearchParams({ start: toUtcText(period.startMs), seconds: String(period.seconds) });
  if (period.device !== null) query.set('device', period.device);
  return query.toString();
}

/** `soundline-attic-20260131T130307Z-50s.wav`: sorts by time, and no file system minds its characters. */
export function wavFileName(period: Period): string {
  const device = (period.device ?? '').normalize('NFKD').replace(/[^A-Za-z0-9_-]+/g, '-').replace(/^-+|-+$/g, '');
  const start = toUtcText(period.startMs).replace(/[-:]/g, '').replace('.', '_');
  const seconds = String(period.seconds).replace('.', '_');
  return ['soundline', ...(device ? [device.slice(0, 40)] : []), start, `${seconds}s`].join('-') + '.wav';
}

/** What the answer's headers tell; `null` where one is missing. */
export interface WavFacts {
  readonly samples: number | null;
  readonly gapSamples: number | null;
  readonly badLines: number | null;
}

export function wavFacts(header: (name: string) => string | null): WavFacts {
  const count = (name: string) => {
    const value = header(name);
    return value !== null && /^\d+$/.test(value) ? Number(value) : null;
  };
  return {
    samples: count('Soundline-Samples'),
    gapSamples: count('Soundline-Gap-Samples'),
    badLines: count('Soundline-Bad-Lines'),
  };
}

/** One sentence for what is missing in the file, and one for damage; empty parts are left out. */
export function wavReport(period: Period, facts: WavFacts): string {
  const sentences: string[] = [];
  const { samples, gapSamples, badLines } = facts;
  if (gapSamples !== null && gapSamples > 0 && samples !== null && samples > 0) {
    const gapMs = (gapSamples / samples) * period.seconds * 1000;
    const part = gapSamples >= samples ? 'All' : durationText(gapMs);
    sentences.push(`${part} of ${durationText(period.seconds * 1000)} was not captured and is silence in the file.`);
  } else if (gapSamples === 0) {
    sentences.push('Complete: nothing is missing.');
  }
  if (badLines !== null && badLines > 0) {
    sentences.push(`${badLines} damaged ${badLines === 1 ? 'line was' : 'lines were'} skipped in the archive.`);
  }
  return sentences.join(' ');
}

/** Names that are offered at once, as many as the page has cards. */
const OFFERED_MAX = 16;

/**
 * The devices that the server names in its answer, when a period holds another one than was asked for, or several.
 * Empty for any other answer. Lines without a name cannot be asked for, so that they are no choice.
 */
export function devicesOffered(answer: string): string[] {
  const names = /(?:choose one of|there is sound of): (.+?)(?: and perhaps others)?$/.exec(answer)?.[1]?.split(', ') ?? [];
  return [...new Set(names)].filter((name) => name !== '"" (no name)').slice(0, OFFERED_MAX);
}

/** `781 kB`, `5.8 MB` (powers of ten, as file managers and `ls --si` count). */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`;
}
