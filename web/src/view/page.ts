/** Joins source, devices and views: what changes is drawn, at most once a frame, and not at all in the background. */
import { Devices, type Device } from '../core/devices';
import type { Message } from '../core/protocol';
import { zoneText } from '../core/time';
import { connectionWords } from '../core/words';
import type { ConnectionState, LevelSource } from '../source/source';
import type { CurveView } from './curve-view';
import { DeviceView } from './device-view';
import { byId, setAttribute, setText } from './dom';
import { WavForm } from './wav-form';

/** Curve, countdown and staleness move once a second. */
const TICK_MS = 1_000;

export class Page {
  private readonly views = new Map<Device, DeviceView>();
  private readonly dirty = new Set<Device>();
  private readonly devices = new Devices({
    added: (device) => this.add(device),
    removed: (device) => this.remove(device),
    live: (device) => this.markDirty(device),
    refilled: () => this.tickSoon(),
    statusChanged: () => this.tickSoon(),
  });
  private readonly wavForm = new WavForm(() => this.devices.all);
  private readonly list = byId('devices');
  private readonly empty = byId('empty');
  private readonly connection = byId('connection');
  private readonly retry = byId<HTMLButtonElement>('connection-retry');
  private state: ConnectionState = { kind: 'connecting' };
  private liveSinceMs = NaN;
  private makeCurve: ((box: HTMLElement) => CurveView) | null = null;
  private frame = 0;
  private ticking = 0;

  constructor(private readonly source: LevelSource) {}

  start(): void {
    this.retry.addEventListener('click', () => this.source.retryNow());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return;
      // A page that slept has timers and perhaps a socket that slept as well.
      this.source.retryNow();
      for (const device of this.devices.all) this.markDirty(device);
      this.tick();
    });
    window.addEventListener('online', () => this.source.retryNow());
    this.source.start({
      message: (message) => this.receive(message),
      stateChanged: (state) => this.connectionChanged(state),
    });
    setInterval(() => this.tick(), TICK_MS);
    void import('./curve-view').then(({ CurveView }) => {
      this.makeCurve = (box) => new CurveView(box);
      for (const view of this.views.values()) view.attachCurve(this.makeCurve);
      this.tick();
    });
    this.tick();
  }

  private get connected(): boolean {
    return this.state.kind === 'live';
  }

  private receive(message: Message): void {
    this.devices.apply(message, performance.now());
    if (message.kind === 'status' && message.version) setText(byId('version'), `Soundline ${message.version}`);
    if (message.kind === 'history') this.renderEmpty();
  }

  private connectionChanged(state: ConnectionState): void {
    this.state = state;
    this.liveSinceMs = state.kind === 'live' ? performance.now() : NaN;
    this.tick();
  }

  private add(device: Device): void {
    const view = new DeviceView(device);
    this.views.set(device, view);
    // By name, so that the order does not depend on who spoke first.
    const next = [...this.views.values()]
      .filter((other) => other !== view && other.device.name > device.name)
      .sort((a, b) => (a.device.name < b.device.name ? -1 : 1))[0];
    this.list.insertBefore(view.element, next?.element ?? this.empty);
    if (this.makeCurve) view.attachCurve(this.makeCurve);
    this.renderEmpty();
    this.tickSoon();
  }

  private remove(device: Device): void {
    this.views.get(device)?.remove();
    this.views.delete(device);
    this.dirty.delete(device);
  }

  private markDirty(device: Device): void {
    this.dirty.add(device);
    if (this.frame !== 0 || document.hidden) return;
    this.frame = requestAnimationFrame(() => {
      this.frame = 0;
      const nowMs = performance.now();
      for (const each of this.dirty) this.views.get(each)?.renderLevel(nowMs);
      this.dirty.clear();
    });
  }

  /** Once for all that one message changes: a history may touch every device. */
  private tickSoon(): void {
    if (this.ticking !== 0 || document.hidden) return;
    this.ticking = requestAnimationFrame(() => {
      this.ticking = 0;
      this.tick();
    });
  }

  private tick(): void {
    const nowMs = performance.now();
    this.renderConnection(nowMs);
    if (document.hidden) return;
    for (const view of this.views.values()) {
      view.renderStates(nowMs, this.liveSinceMs);
      view.renderCurve(nowMs, this.connected);
    }
    byId('refused').hidden = this.devices.refused === 0;
    this.wavForm.update();
    setText(byId('refused'), `More than ${this.devices.max} devices send; the others are not shown.`);
    setText(byId('zone'), `Times are yours: ${zoneText(Date.now())}.`);
  }

  private renderConnection(nowMs: number): void {
    const { tone, label, detail } = connectionWords(this.state, nowMs);
    setAttribute(this.connection, 'data-state', this.state.kind);
    setAttribute(this.connection, 'data-tone', tone);
    // The label alone is a live region: a countdown would be read out every second.
    setText(byId('connection-label'), label);
    setText(byId('connection-detail'), detail);
    const waiting = this.state.kind === 'reconnecting' || this.state.kind === 'lost';
    if (this.retry.hidden === waiting) {
      // A button that goes must not take the focus with it.
      if (document.activeElement === this.retry) byId('title').focus();
      this.retry.hidden = !waiting;
    }
    setText(document.querySelector('title')!, this.connected ? 'Soundline' : `${label} – Soundline`);
    this.renderEmpty();
  }

  private renderEmpty(): void {
    this.empty.hidden = this.views.size > 0;
    if (this.views.size > 0) return;
    const waiting = this.state.kind === 'connecting';
    setText(byId('empty-title'), this.connected ? 'No device yet' : waiting ? 'Connecting …' : 'The program is not there');
    setText(byId('empty-text'), this.connected
      ? 'No device has sent a level. Start one with:'
      : waiting
        ? 'The page asks the Soundline program for its devices.'
        : 'The page goes on trying. If the program has ended, start it again with:');
    byId('empty-help').hidden = waiting;
  }
}
