/** The page's words for levels and states: a state is never told by colour alone. */
import { STALE_AFTER_MS } from './format';
import type { CurveSummary } from './curve';
import { zoneOf, type Zone } from './meter';
import type { Level, Status } from './protocol';
import { clockText, durationText } from './time';
import type { ConnectionState } from '../source/source';

const MINUS = '−';

/** `−12.3`, `0.0`, `−∞` for silence. */
export function levelText(levelDbfs: number): string {
  if (levelDbfs === -Infinity) return `${MINUS}∞`;
  const rounded = levelDbfs.toFixed(1);
  return Number(rounded) < 0 ? rounded.replace('-', MINUS) : rounded.replace('-', '');
}

/** The same for a screen reader, which reads neither signs nor units well. */
export function spokenLevel(levelDbfs: number): string {
  if (levelDbfs === -Infinity) return 'silence';
  const rounded = Math.abs(levelDbfs).toFixed(1);
  return levelDbfs < 0 && Number(rounded) > 0 ? `minus ${rounded} dBFS` : `${rounded} dBFS`;
}

export const ZONE_WORDS: Readonly<Record<Zone, string>> = {
  quiet: 'quiet',
  normal: 'normal',
  loud: 'loud',
  hot: 'close to clipping',
};

export function meterValueText(level: Level): string {
  const zone = ZONE_WORDS[zoneOf(level.peakDbfs)];
  const clipped = level.clipped > 0 ? ', clipping' : '';
  return `RMS ${spokenLevel(level.rmsDbfs)}, peak ${spokenLevel(level.peakDbfs)}, ${zone}${clipped}`;
}

export function deviceTitle(name: string): string {
  return name === '' ? 'Device without a name' : name;
}

export type Tone = 'good' | 'busy' | 'bad' | 'idle';

/**
 * A sentence of the program, which has neither a capital nor a full stop because it may stand after `error: `.
 * A first word that is not plain (a path, a PCM name) is a name, and names keep their spelling.
 */
export function asSentence(text: string): string {
  const trimmed = text.trim();
  if (trimmed === '') return '';
  const plain = /^\p{Ll}+(?=[\s,;]|$)/u.test(trimmed);
  const begun = plain ? trimmed.charAt(0).toUpperCase() + trimmed.slice(1) : trimmed;
  return begun + (/[.!?…]$/.test(trimmed) ? '' : '.');
}

/** A state in words: `label` is short and stable, `detail` a sentence or empty. */
export interface StateWords {
  readonly tone: Tone;
  readonly label: string;
  readonly detail: string;
}

/** `nowMs` and the times in the state are on the same clock. Whole seconds, never "0 s". */
export function connectionWords(state: ConnectionState, nowMs: number): StateWords {
  switch (state.kind) {
    case 'connecting':
      return { tone: 'busy', label: 'Connecting', detail: '' };
    case 'live':
      return { tone: 'good', label: 'Live', detail: '' };
    case 'reconnecting':
      return { tone: 'busy', label: 'Reconnecting', detail: inSeconds(state.retryAtMs, nowMs) };
    case 'lost':
      return { tone: 'bad', label: 'Connection lost', detail: `next try ${inSeconds(state.retryAtMs, nowMs)}` };
  }
}

function inSeconds(thenMs: number, nowMs: number): string {
  return thenMs <= nowMs ? 'now' : `in ${Math.ceil((thenMs - nowMs) / 1000)} s`;
}

const CAPTURE_WORDS: Readonly<Record<Status['capture'], readonly [Tone, string]>> = {
  starting: ['busy', 'Starting'],
  running: ['good', 'Running'],
  waiting: ['bad', 'Waiting'],
  ended: ['idle', 'Ended'],
  failed: ['bad', 'Failed'],
};

/** State of the source. `silentMs` is the time since its last level; what it means depends on the connection. */
export function sourceWords(status: Status | null, silentMs: number, connected: boolean): StateWords {
  // The program ends with its source, and says so before it goes.
  if (!connected && status?.capture === 'ended') {
    return { tone: 'idle', label: 'Ended', detail: asSentence(status.detail) || 'The program has ended.' };
  }
  if (!connected) return { tone: 'idle', label: 'Unknown', detail: 'No connection to the program.' };
  if (!status) {
    return silentMs > STALE_AFTER_MS
      ? { tone: 'bad', label: 'Silent', detail: 'No level comes from this device.' }
      : { tone: 'good', label: 'Running', detail: '' };
  }
  const [tone, label] = CAPTURE_WORDS[status.capture];
  if (status.capture === 'running' && silentMs > STALE_AFTER_MS) {
    return { tone: 'busy', label, detail: asSentence(status.detail) || 'No level has come for some seconds.' };
  }
  return { tone, label, detail: asSentence(status.detail) };
}

/** `silentMs` as above: an archive that gets nothing stores nothing. */
export function archiveWords(status: Status, silentMs: number): StateWords {
  const storing = status.capture === 'running' && silentMs <= STALE_AFTER_MS;
  switch (status.archive) {
    case 'ok':
      return { tone: storing ? 'good' : 'idle', label: storing ? 'Storing' : 'Ready', detail: asSentence(status.archiveDetail) };
    case 'failing':
      return {
        tone: 'bad',
        label: 'Not storing',
        detail: asSentence(status.archiveDetail) || 'The archive cannot be written.',
      };
    case 'off':
      return { tone: 'idle', label: 'Off', detail: asSentence(status.archiveDetail) };
  }
}

/** `312 samples clipped, last at 14:03:07`. */
export function clipText(samples: number, lastMs: number): string {
  if (samples === 0) return 'No clipping';
  return `${samples.toLocaleString('en')} ${samples === 1 ? 'sample' : 'samples'} clipped, last at ${clockText(lastMs)}`;
}

/** `Last minute`, `Last 5 minutes`. */
export function spanText(spanMs: number): string {
  const minutes = Math.round(spanMs / 60_000);
  return minutes === 1 ? 'Last minute' : `Last ${minutes} minutes`;
}

/** The curve in one sentence. */
export function curveText(summary: CurveSummary | null, spanMs: number): string {
  const title = `Level, ${spanText(spanMs).toLowerCase()}`;
  if (!summary) return `${title}: nothing received yet.`;
  const { rmsMinDbfs, rmsMaxDbfs, peakDbfs, peakAtMs, clippedSamples, missingCount, missingMs } = summary;
  const range = spokenLevel(rmsMinDbfs) === spokenLevel(rmsMaxDbfs)
    ? `RMS ${spokenLevel(rmsMaxDbfs)}`
    : `RMS between ${spokenLevel(rmsMinDbfs)} and ${spokenLevel(rmsMaxDbfs)}`;
  const missing = missingCount === 0
    ? 'nothing missing'
    : `${durationText(missingMs)} missing in ${missingCount} ${missingCount === 1 ? 'stretch' : 'stretches'}`;
  const clipped = clippedSamples === 0 ? 'no clipping' : `${clippedSamples.toLocaleString('en')} samples clipped`;
  return `${title}: ${range}; highest peak ${spokenLevel(peakDbfs)} at ${clockText(peakAtMs)}; `
    + `${missing}; ${clipped}.`;
}
