/**
 * The last minutes of one device: a ring of fixed size in time order.
 *
 * One rule keeps it free of duplicates: an entry removes everything that begins at or after its own start. A refill
 * after a reconnect therefore replaces what it repeats, and a device whose clock was set back (or whose run was
 * started again with the same start time) begins anew instead of being taken for a duplicate.
 */
import { HISTORY_ENTRIES_MAX, HISTORY_MS } from './format';
import type { Entry } from './protocol';

/** Distinct gap reasons that are remembered. The program has fewer than ten; a stranger may send any number. */
const REASONS_MAX = 32;
const LEVEL = 0;

export class LevelHistory {
  private readonly starts: Float64Array;
  private readonly durations: Float32Array;
  private readonly rms: Float32Array;
  private readonly peaks: Float32Array;
  private readonly clips: Uint32Array;
  /** `LEVEL`, or 1 + the index of the gap's reason. */
  private readonly kinds: Uint8Array;
  private readonly reasons: string[] = [];
  private first = 0;
  private count = 0;

  constructor(readonly capacity = HISTORY_ENTRIES_MAX, readonly spanMs = HISTORY_MS) {
    this.starts = new Float64Array(capacity);
    this.durations = new Float32Array(capacity);
    this.rms = new Float32Array(capacity);
    this.peaks = new Float32Array(capacity);
    this.clips = new Uint32Array(capacity);
    this.kinds = new Uint8Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  /** End of the newest entry; NaN when there is none. */
  get endMs(): number {
    return this.count === 0 ? NaN : this.startMs(this.count - 1) + this.durationMs(this.count - 1);
  }

  push(entry: Entry): void {
    while (this.count > 0 && this.startMs(this.count - 1) >= entry.startMs) this.count -= 1;
    if (this.count === this.capacity) this.dropFirst();
    const slot = this.slot(this.count);
    this.count += 1;
    this.starts[slot] = entry.startMs;
    this.durations[slot] = entry.durationMs;
    const level = entry.kind === 'level' ? entry : null;
    this.rms[slot] = level ? level.rmsDbfs : NaN;
    this.peaks[slot] = level ? level.peakDbfs : NaN;
    this.clips[slot] = level ? level.clipped : 0;
    this.kinds[slot] = entry.kind === 'gap' ? 1 + this.reasonIndex(entry.reason) : LEVEL;
    const oldest = this.endMs - this.spanMs;
    while (this.count > 0 && this.startMs(0) + this.durationMs(0) <= oldest) this.dropFirst();
  }

  startMs(index: number): number {
    return this.starts[this.slot(index)]!;
  }
  durationMs(index: number): number {
    return this.durations[this.slot(index)]!;
  }
  rmsDbfs(index: number): number {
    return this.rms[this.slot(index)]!;
  }
  peakDbfs(index: number): number {
    return this.peaks[this.slot(index)]!;
  }
  clipped(index: number): number {
    return this.clips[this.slot(index)]!;
  }
  /** Why the stretch is missing; `null` for a level. */
  gapReason(index: number): string | null {
    const kind = this.kinds[this.slot(index)]!;
    return kind === LEVEL ? null : this.reasons[kind - 1]!;
  }

  private slot(index: number): number {
    return (this.first + index) % this.capacity;
  }

  private dropFirst(): void {
    this.first = (this.first + 1) % this.capacity;
    this.count -= 1;
  }

  private reasonIndex(reason: string): number {
    const known = this.reasons.indexOf(reason);
    if (known >= 0) return known;
    if (this.reasons.length === REASONS_MAX) return REASONS_MAX - 1;
    this.reasons.push(this.reasons.length === REASONS_MAX - 1 ? 'other reasons' : reason);
    return this.reasons.length - 1;
  }
}
