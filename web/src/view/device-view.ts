/** One device's card: gauge, states, curve with its text alternative. */
import { buildCurve, curveSpanMs, minuteRows, summarise } from '../core/curve';
import type { Device } from '../core/devices';
import { HISTORY_MS, STALE_AFTER_MS } from '../core/format';
import { clockText, durationText } from '../core/time';
import {
  archiveWords, curveText, deviceTitle, levelText, sourceWords, spanText, type StateWords,
} from '../core/words';
import type { CurveView } from './curve-view';
import { make, setAttribute, setText, setWrappingText } from './dom';
import { MeterView } from './meter-view';

/** How often the text alternative of the curve may change: often enough to be true, rare enough to be read. */
const CURVE_TEXT_EVERY_MS = 10_000;
let made = 0;

export class DeviceView {
  readonly element: HTMLElement;
  private readonly title = make('h2');
  private readonly input = make('p', { class: 'input' });
  private readonly source = new StateLine('Source');
  private readonly archive = new StateLine('Archive');
  private readonly meter: MeterView;
  private readonly caption = make('span', { class: 'caption' }, 'Level');
  private readonly canvas = make('div', { class: 'canvas', role: 'img' });
  private readonly silence = make('p', { class: 'no-curve', 'aria-hidden': 'true' }, 'No sound has come yet.');
  private readonly missing = make('p', { class: 'note missing-words' });
  private readonly details = make('details', { class: 'minutes' });
  private readonly rows = make('tbody');
  private curve: CurveView | null = null;
  private curveTextMs = -Infinity;
  private removed = false;
  private cleared = true;

  constructor(readonly device: Device) {
    made += 1;
    const id = `device-${made}`;
    this.title.id = id;
    setText(this.title, deviceTitle(device.name));
    this.meter = new MeterView(device);
    this.details.append(
      make('summary', {}, 'The same as a table'),
      make('div', { class: 'table-box', tabindex: '0', role: 'region', 'aria-label': 'Level by the minute' },
        make('table', {},
          make('thead', {}, make('tr', {},
            ...['Minute', 'RMS dBFS', 'Peak dBFS', 'Clipped', 'Missing'].map((name) =>
              make('th', { scope: 'col' }, name)))),
          this.rows)),
    );
    this.details.addEventListener('toggle', () => this.renderTable(NaN));
    this.element = make('section', { class: 'card device', 'aria-labelledby': id },
      make('div', { class: 'head' },
        make('div', {}, this.title, this.input),
        make('div', { class: 'states' }, this.source.element, this.archive.element)),
      this.meter.element,
      make('figure', { class: 'curve' },
        make('figcaption', {}, this.caption, legend()),
        make('div', { class: 'plot' }, this.canvas, this.silence), this.missing),
      this.details,
    );
    this.archive.element.hidden = true;
  }

  /** The curve's library is loaded once; cards made before it is there get their curve then. */
  attachCurve(make: (box: HTMLElement) => CurveView): void {
    if (this.removed || this.curve) return;
    this.curve = make(this.canvas);
  }

  remove(): void {
    this.removed = true;
    this.curve?.dispose();
    this.element.remove();
  }

  renderLevel(nowMs: number): void {
    if (nowMs - this.device.arrivedMs > STALE_AFTER_MS) return;
    this.cleared = false;
    this.meter.render(nowMs);
  }

  /** `liveSinceMs`: since when there has been a connection; NaN without one. */
  renderStates(nowMs: number, liveSinceMs: number): void {
    const { status, arrivedMs } = this.device;
    const connected = !Number.isNaN(liveSinceMs);
    const silentMs = nowMs - arrivedMs;
    // A page that has just connected has had no time to hear anything.
    const unheardMs = Math.min(silentMs, nowMs - liveSinceMs);
    this.source.show(sourceWords(status, unheardMs, connected));
    if (status) {
      this.archive.element.hidden = false;
      this.archive.show(connected ? archiveWords(status, unheardMs) : { tone: 'idle', label: 'Unknown', detail: '' });
      const rate = status.rateHz > 0 ? `${status.rateHz.toLocaleString('en')} Hz` : '';
      setText(this.input, [status.source, rate].filter(Boolean).join(' · '));
    }
    this.meter.renderClip();
    if ((!connected || silentMs > STALE_AFTER_MS) && !this.cleared) {
      this.cleared = true;
      this.meter.clear();
    }
  }

  renderCurve(nowMs: number, connected: boolean): void {
    const { history } = this.device;
    this.silence.hidden = history.length > 0;
    this.details.hidden = history.length === 0;
    if (history.length === 0) {
      setText(this.caption, 'Level');
      setAttribute(this.canvas, 'aria-label', curveText(null, HISTORY_MS));
      return;
    }
    const endMs = this.device.curveEndMs(nowMs, connected);
    const spanMs = curveSpanMs(history, endMs);
    const curve = buildCurve(history, endMs, spanMs);
    setText(this.caption, spanText(spanMs));
    this.curve?.draw(curve);
    const summary = summarise(curve);
    setAttribute(this.canvas, 'data-points', String(curve.points.length));
    const last = curve.missing.at(-1);
    setText(this.missing, summary && last
      ? `${durationText(summary.missingMs)} missing in these minutes; last at ${clockText(last.startMs)}: ${last.reason || 'no reason given'}.`
      : '');
    if (nowMs - this.curveTextMs >= CURVE_TEXT_EVERY_MS) {
      this.curveTextMs = nowMs;
      setAttribute(this.canvas, 'aria-label', curveText(summary, spanMs));
      this.renderTable(endMs);
    }
  }

  /** `endMs` NaN: up to the newest entry. A closed table costs nothing. */
  private renderTable(endMs: number): void {
    const { history } = this.device;
    if (!this.details.open || history.length === 0) return;
    const rows = minuteRows(history, Number.isNaN(endMs) ? history.endMs : endMs);
    this.rows.replaceChildren(...rows.map((row) => make('tr', {},
      make('th', { scope: 'row' }, clockText(row.startMs).slice(0, 5)),
      ...[
        row.rmsDbfs === null ? '–' : levelText(row.rmsDbfs),
        row.peakDbfs === null ? '–' : levelText(row.peakDbfs),
        row.clipped === 0 ? 'none' : row.clipped.toLocaleString('en'),
        row.missingMs === 0 ? 'none' : durationText(row.missingMs),
      ].map((text) => make('td', {}, text)))));
  }
}

/** `Source: Waiting`, with its sentence. Spoken when it changes, and only then. */
class StateLine {
  readonly element: HTMLElement;
  private readonly label = make('b');
  private readonly detail = make('span', { class: 'state-detail' });

  constructor(name: string) {
    this.element = make('p', { class: 'state', role: 'status', 'data-name': name.toLowerCase() },
      make('span', { class: 'lamp', 'aria-hidden': 'true' }),
      make('span', {}, make('span', { class: 'state-name' }, `${name}: `), this.label, ' ', this.detail));
  }

  show({ tone, label, detail }: StateWords): void {
    setAttribute(this.element, 'data-tone', tone);
    setText(this.label, label);
    setWrappingText(this.detail, detail);
  }
}

function legend(): HTMLElement {
  const entry = (kind: string, text: string) =>
    make('li', {}, make('span', { class: `swatch ${kind}`, 'aria-hidden': 'true' }), text);
  return make('ul', { class: 'legend' },
    entry('rms', 'RMS'), entry('peak', 'Peak'), entry('missing', 'Missing'), entry('clipped', 'Clipped'));
}
