/**
 * The messages of the server, read from untrusted text.
 *
 * What is not of the agreed shape gives `null` and is counted by the caller; unknown keys are ignored, so that a
 * newer server can say more. Numbers are checked here and nowhere else: behind this module a level is finite or
 * `-Infinity` (silence), a time is finite, a duration is above 0.
 */
import { CHUNK_MS, MESSAGE_LENGTH_MAX, TEXT_LENGTH_MAX } from './format';
import { parseTimestamp } from './time';

export interface Level {
  readonly kind: 'level';
  readonly device: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly peakDbfs: number;
  readonly rmsDbfs: number;
  /** Full-scale samples in the chunk. */
  readonly clipped: number;
}

export interface Gap {
  readonly kind: 'gap';
  readonly device: string;
  readonly startMs: number;
  readonly durationMs: number;
  readonly reason: string;
}

export type Entry = Level | Gap;

export const CAPTURE_STATES = ['starting', 'running', 'waiting', 'ended', 'failed'] as const;
export type CaptureState = (typeof CAPTURE_STATES)[number];
export const ARCHIVE_STATES = ['ok', 'failing', 'off'] as const;
export type ArchiveState = (typeof ARCHIVE_STATES)[number];

export interface Status {
  readonly kind: 'status';
  readonly device: string;
  readonly capture: CaptureState;
  readonly source: string;
  readonly detail: string;
  readonly archive: ArchiveState;
  readonly archiveDetail: string;
  readonly rateHz: number;
  readonly version: string;
}

export interface History {
  readonly kind: 'history';
  readonly entries: readonly Entry[];
}

export type Message = Entry | Status | History;

type Fields = Readonly<Record<string, unknown>>;

/** Reads one message; `null` when it is not one. */
export function parseMessage(text: string): Message | null {
  if (text.length > MESSAGE_LENGTH_MAX) return null;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isFields(value)) return null;
  switch (value['type']) {
    case 'level':
    case 'gap':
      return parseEntry(value);
    case 'status':
      return parseStatus(value);
    case 'history': {
      const levels = value['levels'];
      if (!Array.isArray(levels)) return null;
      // One bad entry does not cost its neighbours.
      const entries = levels.map((item) => (isFields(item) ? parseEntry(item) : null));
      return { kind: 'history', entries: entries.filter((entry) => entry !== null) };
    }
    default:
      return null;
  }
}

/** A level or a gap. A gap is told by its `gap_samples`, as in the lines, so that history may leave `type` out. */
function parseEntry(fields: Fields): Entry | null {
  const offset = fields['utc_offset'];
  const startMs = parseTimestamp(text(fields['timestamp']), typeof offset === 'string' ? offset : undefined);
  if (!Number.isFinite(startMs)) return null;
  const device = text(fields['device']);
  const durationMs = finite(fields['duration_ms']);
  if (fields['type'] === 'gap' || finite(fields['gap_samples']) !== null) {
    if (durationMs === null || durationMs <= 0) return null;
    return { kind: 'gap', device, startMs, durationMs, reason: text(fields['reason']) };
  }
  const peakDbfs = dbfs(fields['peak_dbfs']);
  const rmsDbfs = dbfs(fields['rms_dbfs']);
  if (peakDbfs === null || rmsDbfs === null) return null;
  return {
    kind: 'level',
    device,
    startMs,
    durationMs: durationMs !== null && durationMs > 0 ? durationMs : CHUNK_MS,
    peakDbfs,
    rmsDbfs,
    clipped: Math.max(0, Math.trunc(finite(fields['clipped']) ?? 0)),
  };
}

function parseStatus(fields: Fields): Status | null {
  const capture = CAPTURE_STATES.find((state) => state === fields['capture']);
  const archive = ARCHIVE_STATES.find((state) => state === fields['archive']);
  if (!capture || !archive) return null;
  return {
    kind: 'status',
    device: text(fields['device']),
    capture,
    source: text(fields['source']),
    detail: text(fields['detail']),
    archive,
    archiveDetail: text(fields['archive_detail']),
    rateHz: finite(fields['rate']) ?? 0,
    version: text(fields['version']),
  };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.slice(0, TEXT_LENGTH_MAX) : '';
}

function finite(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A level: JSON has no `-Infinity`, so that silence comes as `null`. A missing key is no level. */
function dbfs(value: unknown): number | null {
  return value === null ? -Infinity : finite(value);
}
