/** All devices that send: applies messages to bounded state and tells a view what changed. No DOM here. */
import { DEVICES_MAX, HISTORY_MS } from './format';
import { LevelHistory } from './history';
import { ClipLatch, PeakMeter } from './meter';
import type { Entry, Level, Message, Status } from './protocol';

export class Device {
  readonly history = new LevelHistory();
  readonly meter = new PeakMeter();
  readonly clips = new ClipLatch();
  /** The newest level, whether live or from a refill. */
  last: Level | null = null;
  status: Status | null = null;
  /** When the newest live level came, on the clock of the caller; `-Infinity` before the first. */
  arrivedMs = -Infinity;
  /** When anything came, a refill included: whoever was silent longest gives way to a new one. */
  heardMs = -Infinity;

  constructor(readonly name: string) {}

  apply(entry: Entry, live: boolean, nowMs: number): void {
    this.history.push(entry);
    this.heardMs = nowMs;
    if (live) this.arrivedMs = nowMs;
    if (entry.kind === 'gap') return;
    this.last = entry;
    this.meter.update(entry);
    this.clips.update(entry, live);
  }

  /**
   * Right end of the curve. While sound is missed it moves on with the clock, so that what is missing is seen to
   * grow; it stands still when the source has ended or `counting` is false (no connection: nobody knows).
   */
  curveEndMs(nowMs: number, counting: boolean): number {
    const ended = this.status?.capture === 'ended';
    const silentMs = counting && !ended && Number.isFinite(this.arrivedMs) ? nowMs - this.arrivedMs : 0;
    // Below a second it is the pace of the messages, not a loss.
    return this.history.endMs + (silentMs > 1_000 ? Math.min(silentMs, HISTORY_MS) : 0);
  }
}

export interface DevicesListener {
  added(device: Device): void;
  removed(device: Device): void;
  /** A live level or gap came. */
  live(device: Device): void;
  refilled(device: Device): void;
  statusChanged(device: Device): void;
}

export class Devices {
  private readonly byName = new Map<string, Device>();
  /** Messages that named a device for which there was no place. */
  refused = 0;

  constructor(private readonly listener: DevicesListener, readonly max = DEVICES_MAX) {}

  get all(): readonly Device[] {
    return [...this.byName.values()];
  }

  apply(message: Message, nowMs: number): void {
    switch (message.kind) {
      case 'history': {
        const touched = new Set<Device>();
        for (const entry of message.entries) {
          const device = this.device(entry.device, nowMs);
          if (!device) continue;
          device.apply(entry, false, nowMs);
          touched.add(device);
        }
        for (const device of touched) this.listener.refilled(device);
        return;
      }
      case 'status': {
        const device = this.device(message.device, nowMs);
        if (!device) return;
        device.status = message;
        device.heardMs = nowMs;
        this.listener.statusChanged(device);
        return;
      }
      default: {
        const device = this.device(message.device, nowMs);
        if (!device) return;
        device.apply(message, true, nowMs);
        this.listener.live(device);
      }
    }
  }

  /** Finds or makes the device. When all places are taken, one that has been silent for ten minutes gives way. */
  private device(name: string, nowMs: number): Device | null {
    const known = this.byName.get(name);
    if (known) return known;
    if (this.byName.size >= this.max) {
      const longest = this.all.reduce((a, b) => (b.heardMs < a.heardMs ? b : a));
      if (!(nowMs - longest.heardMs > HISTORY_MS)) {
        this.refused += 1;
        return null;
      }
      this.byName.delete(longest.name);
      this.listener.removed(longest);
    }
    const device = new Device(name);
    this.byName.set(name, device);
    this.listener.added(device);
    return device;
  }
}
