/**
 * The gauge: RMS and peak as bars on one scale, with hold marker and clip lamp.
 *
 * Ballistics: number and bar of the RMS both show the newest message, which is a mean already and needs no second
 * one; only the peak, too short to be read, falls slowly (bar) and is held (marker and number).
 *
 * Four updates a second set transforms only; the compositor glides between them (style: transition). So a phone
 * neither lays out nor paints for a level.
 */
import { HOT_FROM_DBFS, LOUD_FROM_DBFS, SCALE_MAX_DBFS, SCALE_MIN_DBFS } from '../core/format';
import type { Device } from '../core/devices';
import { scalePosition, zoneOf } from '../core/meter';
import { clipText, levelText, meterValueText, ZONE_WORDS } from '../core/words';
import { make, setAttribute, setText } from './dom';

/** How often a screen reader may hear the value: a sentence takes about this long to say. */
const SPOKEN_EVERY_MS = 3_000;
const TICKS_DBFS = [-60, -50, -40, -30, -18, -12, -6, 0];
/** Left out where the scale is narrow. */
const MINOR_TICKS_DBFS = [-50, -12];

export class MeterView {
  readonly element: HTMLElement;
  private readonly rmsNumber = make('span', { class: 'number', 'data-value': 'rms' }, '–');
  private readonly peakNumber = make('span', { class: 'number', 'data-value': 'peak' }, '–');
  private readonly holdNumber = make('span', { class: 'number', 'data-value': 'hold' }, '–');
  private readonly numbers = make('div', { class: 'numbers' });
  private readonly zone = make('span', { class: 'zone-word' });
  private readonly rmsCover = make('div', { class: 'cover' });
  private readonly peakCover = make('div', { class: 'cover' });
  private readonly hold = make('div', { class: 'hold' });
  private readonly meter = make('div', {
    class: 'bars', role: 'meter', 'aria-label': 'Sound level',
    'aria-valuemin': String(SCALE_MIN_DBFS), 'aria-valuemax': String(SCALE_MAX_DBFS),
  });
  private readonly clip = make('div', {
    class: 'clip', 'data-clipped': 'false', role: 'group', 'aria-label': 'Clipping', tabindex: '-1',
  });
  private readonly clipWords = make('span', { class: 'clip-text' });
  private readonly clipSpoken = make('span', { class: 'unseen', role: 'status' });
  private readonly clipReset = make('button', { type: 'button', hidden: '' }, 'Reset');
  private spokenMs = -Infinity;

  constructor(private readonly device: Device) {
    this.meter.append(
      make('div', { class: 'track rms' }, make('div', { class: 'fill' }), this.rmsCover),
      make('div', { class: 'track peak' }, make('div', { class: 'fill' }), this.peakCover, this.hold),
    );
    this.clip.append(
      make('span', { class: 'clip-lamp', 'aria-hidden': 'true' }, 'CLIP'), this.clipWords, this.clipReset,
      this.clipSpoken,
    );
    this.clipReset.addEventListener('click', () => {
      device.clips.reset();
      this.renderClip();
      // The button hides itself: focus must not fall back to the top of the page.
      this.clip.focus();
    });
    this.element = make('div', { class: 'meter' },
      this.numbers,
      make('div', { class: 'gauge' },
        make('div', { class: 'bar-names', 'aria-hidden': 'true' }, make('span', {}, 'RMS'), make('span', {}, 'Peak')),
        make('div', { class: 'bar-side' }, this.meter, scale()),
      ),
      this.clip,
    );
    this.numbers.append(
      reading('RMS', 'of the last quarter second', this.rmsNumber, 'main'),
      reading('Peak', 'of the last quarter second', this.peakNumber),
      reading('Peak hold', 'held for 2 seconds, then falling', this.holdNumber),
      this.zone,
    );
    this.clear();
  }

  /** Shows the device's newest level. */
  render(nowMs: number): void {
    const { last, meter } = this.device;
    if (!last) return;
    this.numbers.classList.remove('empty-numbers');
    setText(this.rmsNumber, levelText(last.rmsDbfs));
    setText(this.peakNumber, levelText(last.peakDbfs));
    setText(this.holdNumber, levelText(meter.holdDbfs));
    const zone = zoneOf(last.peakDbfs);
    setText(this.zone, ZONE_WORDS[zone]);
    setAttribute(this.zone, 'data-zone', zone);
    cover(this.rmsCover, scalePosition(last.rmsDbfs));
    cover(this.peakCover, scalePosition(meter.barDbfs));
    this.hold.style.transform = `translateX(${(scalePosition(meter.holdDbfs) * 100).toFixed(2)}%)`;
    this.hold.hidden = scalePosition(meter.holdDbfs) === 0;
    this.renderClip();
    if (nowMs - this.spokenMs >= SPOKEN_EVERY_MS) {
      this.spokenMs = nowMs;
      const value = Math.max(SCALE_MIN_DBFS, Math.min(SCALE_MAX_DBFS, last.rmsDbfs));
      setAttribute(this.meter, 'aria-valuenow', value.toFixed(1));
      setAttribute(this.meter, 'aria-valuetext', meterValueText(last));
    }
  }

  /** No present level: the last one must not stand there as if it were. */
  clear(): void {
    this.numbers.classList.add('empty-numbers');
    for (const number of [this.rmsNumber, this.peakNumber, this.holdNumber]) setText(number, '–');
    setText(this.zone, 'no level');
    setAttribute(this.zone, 'data-zone', 'none');
    cover(this.rmsCover, 0);
    cover(this.peakCover, 0);
    this.hold.hidden = true;
    setAttribute(this.meter, 'aria-valuenow', String(SCALE_MIN_DBFS));
    setAttribute(this.meter, 'aria-valuetext', 'no level');
    this.spokenMs = -Infinity;
    this.renderClip();
  }

  /** By itself as well: a refill may hold clipping while no level is present. */
  renderClip(): void {
    const { samples, lastMs } = this.device.clips;
    const clipped = samples > 0;
    setText(this.clipWords, clipText(samples, lastMs));
    setAttribute(this.clip, 'data-clipped', String(clipped));
    // Said once per latch, not once per count.
    setText(this.clipSpoken, clipped ? 'Clipping: the input is too loud.' : '');
    if (this.clipReset.hidden === clipped) this.clipReset.hidden = !clipped;
  }
}

function reading(name: string, meaning: string, number: HTMLElement, kind = 'side'): HTMLElement {
  return make('div', { class: `reading ${kind}`, title: `${name} ${meaning}` },
    make('span', { class: 'name' }, name),
    make('span', { class: 'value' }, number, ' ', make('span', { class: 'unit' }, 'dBFS')));
}

/** The part of the bar above the level is covered, so that the zone colours below keep their place. */
function cover(element: HTMLElement, position: number): void {
  element.style.transform = `scaleX(${(1 - position).toFixed(4)})`;
}

function scale(): HTMLElement {
  const element = make('div', { class: 'scale', 'aria-hidden': 'true' });
  for (const tick of TICKS_DBFS) {
    const mark = make('span', { class: 'tick' }, tick === 0 ? '0' : levelText(tick).replace('.0', ''));
    mark.style.left = `${scalePosition(tick) * 100}%`;
    if (tick === LOUD_FROM_DBFS || tick === HOT_FROM_DBFS) mark.classList.add('edge');
    if (MINOR_TICKS_DBFS.includes(tick)) mark.classList.add('minor');
    element.append(mark);
  }
  return element;
}
