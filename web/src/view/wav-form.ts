/** The form that fetches the WAV of a period, plays it and offers it as a file. */
import type { Device } from '../core/devices';
import {
  lastPeriod, lengthParts, readPeriod, sizeText, wavFileName, wavReport, type LengthUnit, type Period,
} from '../core/period';
import { dateTimeText, durationText, localInputValue, parseLocalInput, toUtcText, zoneText } from '../core/time';
import { deviceTitle } from '../core/words';
import { fetchWav, wavUrl, WAV_BYTES_MAX, type WavResult } from '../source/wav';
import { byId, make, setText, setWrappingText } from './dom';

export class WavForm {
  private readonly form = byId<HTMLFormElement>('wav-form');
  private readonly start = byId<HTMLInputElement>('wav-start');
  private readonly length = byId<HTMLInputElement>('wav-length');
  private readonly unit = byId<HTMLSelectElement>('wav-unit');
  private readonly deviceField = byId('wav-device-field');
  private readonly device = byId<HTMLSelectElement>('wav-device');
  private readonly error = byId('wav-error');
  private readonly fetchButton = byId<HTMLButtonElement>('wav-fetch');
  private readonly cancelButton = byId<HTMLButtonElement>('wav-cancel');
  private readonly progress = byId('wav-progress');
  private readonly progressBar = byId<HTMLProgressElement>('wav-bar');
  private readonly progressText = byId('wav-progress-text');
  private readonly result = byId('wav-result');
  private readonly resultTitle = byId('wav-result-title');
  private readonly audio = byId<HTMLAudioElement>('wav-audio');
  private readonly report = byId('wav-report');
  private readonly download = byId<HTMLAnchorElement>('wav-download');
  private readonly live = byId('wav-live');
  private running: AbortController | null = null;
  private blobUrl: string | null = null;
  /** Devices of the archive that need not be there any more. */
  private offered: readonly string[] = [];
  /** A person or the first device has given a start: it is not moved any more. */
  private settled = false;

  /** `devices` gives the present ones: the form holds no copy that could grow old. */
  constructor(private readonly devices: () => readonly Device[]) {
    this.form.addEventListener('submit', (event) => {
      event.preventDefault();
      this.submit();
    });
    for (const button of this.form.querySelectorAll<HTMLButtonElement>('[data-seconds]')) {
      button.addEventListener('click', () => this.fetchLast(Number(button.dataset['seconds'])));
    }
    this.cancelButton.addEventListener('click', () => this.running?.abort());
    for (const input of [this.start, this.length, this.unit]) {
      input.addEventListener('input', () => {
        this.settled = true;
        this.showZone();
      });
    }
    this.fill(lastPeriod(Date.now(), 30, null));
  }

  /** Follows the devices; the first one with a level gives the form a start by its own clock. */
  update(): void {
    const devices = this.devices();
    const live = devices.map((device) => device.name);
    const names = [...live, ...this.offered.filter((name) => !live.includes(name))];
    const shown = [...this.device.options].map((option) => option.value);
    if (names.length !== shown.length || names.some((name, index) => name !== shown[index])) {
      const chosen = this.device.value;
      this.device.replaceChildren(...names.map((name) => make('option', { value: name }, deviceTitle(name))));
      if (names.includes(chosen)) this.device.value = chosen;
      this.deviceField.hidden = names.length < 2 && this.offered.length === 0;
    }
    const first = devices.find((device) => device.history.length > 0);
    if (!this.settled && first) {
      this.settled = true;
      this.fill(lastPeriod(first.history.endMs, 30, null));
    }
  }

  private chosenDevice(): Device | null {
    const devices = this.devices();
    if (!this.deviceField.hidden) return devices.find((device) => device.name === this.device.value) ?? null;
    return devices[0] ?? null;
  }

  /** Without a choice the server needs no name, and old lines without one are found as well. */
  private deviceParameter(): string | null {
    return this.deviceField.hidden ? null : this.device.value;
  }

  private fetchLast(seconds: number): void {
    this.settled = true;
    const device = this.chosenDevice();
    const endMs = device && device.history.length > 0 ? device.history.endMs : Date.now();
    const period = lastPeriod(endMs, seconds, this.deviceParameter());
    this.fill(period);
    void this.fetch(period);
  }

  private fill(period: Period): void {
    this.start.value = localInputValue(period.startMs);
    const { value, unit } = lengthParts(period.seconds);
    this.length.value = String(value);
    this.unit.value = unit;
    this.showZone();
  }

  private showZone(): void {
    const startMs = parseLocalInput(this.start.value);
    const zone = zoneText(Number.isFinite(startMs) ? startMs : Date.now());
    const utc = Number.isFinite(startMs) && zone !== 'UTC' ? ` That is ${toUtcText(startMs).replace('T', ' ')}.` : '';
    setText(byId('wav-zone'), `Your time (${zone}).${utc}`);
  }

  private submit(): void {
    const period = readPeriod(
      this.start.value, this.length.value, this.unit.value as LengthUnit, this.deviceParameter(),
    );
    if ('sentence' in period) {
      const input = period.field === 'start' ? this.start : this.length;
      this.fail(period.sentence, input);
      return;
    }
    void this.fetch(period);
  }

  private async fetch(period: Period): Promise<void> {
    this.running?.abort();
    const running = (this.running = new AbortController());
    this.begin();
    const url = wavUrl(document.baseURI, period);
    try {
      const result = await fetchWav(url, {
        fetch: window.fetch.bind(window),
        signal: running.signal,
        progress: (bytes, totalBytes) => this.showProgress(bytes, totalBytes),
      });
      if (this.running === running) this.show(period, url, result);
    } catch {
      // Cancelled, or a newer request took its place, which shows its own progress.
      if (this.running === running) setText(this.live, 'Cancelled.');
    } finally {
      if (this.running === running) this.end();
    }
  }

  private begin(): void {
    this.clearError();
    this.release();
    this.result.hidden = true;
    this.progress.hidden = false;
    this.cancelButton.hidden = false;
    this.progressBar.removeAttribute('value');
    setText(this.progressText, 'Looking through the archive …');
    setText(this.live, 'Fetching the WAV.');
    this.form.setAttribute('aria-busy', 'true');
  }

  private end(): void {
    this.running = null;
    this.progress.hidden = true;
    if (document.activeElement === this.cancelButton) this.fetchButton.focus();
    this.cancelButton.hidden = true;
    this.form.removeAttribute('aria-busy');
  }

  private showProgress(bytes: number, totalBytes: number | null): void {
    if (totalBytes === null) {
      setText(this.progressText, sizeText(bytes));
      return;
    }
    this.progressBar.max = totalBytes;
    this.progressBar.value = bytes;
    setText(this.progressText, `${sizeText(bytes)} of ${sizeText(totalBytes)}`);
  }

  private show(period: Period, url: URL, result: WavResult): void {
    if (result.kind === 'error') {
      if (result.devices.length > 0) this.offer(result.devices);
      this.fail(result.sentence, result.devices.length > 0 ? this.device : null);
      return;
    }
    const length = durationText(period.seconds * 1000);
    const playable = result.kind === 'wav';
    const bytes = playable ? result.blob.size : result.bytes;
    setText(this.resultTitle, `${dateTimeText(period.startMs)}, ${length}`);
    const tooLarge = playable ? '' : `Too large to play here (the page keeps up to ${sizeText(WAV_BYTES_MAX)}). `;
    setText(this.report, tooLarge + wavReport(period, result.facts));
    this.report.classList.toggle('warn', !playable || (result.facts.gapSamples ?? 0) > 0);
    this.audio.hidden = !playable;
    if (playable) {
      this.blobUrl = URL.createObjectURL(result.blob);
      this.audio.src = this.blobUrl;
    }
    this.download.href = this.blobUrl ?? url.href;
    this.download.download = wavFileName(period);
    setText(this.download, `Download WAV (${sizeText(bytes)})`);
    this.result.hidden = false;
    setText(this.live, `The WAV is ready. ${this.report.textContent ?? ''}`);
  }

  /** An archive may hold sound of devices that no longer send: lets a person choose one of them as well. */
  private offer(names: readonly string[]): void {
    this.offered = names;
    this.update();
    this.deviceField.hidden = false;
    if (!names.includes(this.device.value)) this.device.value = names[0] ?? '';
  }

  private fail(sentence: string, input: HTMLInputElement | HTMLSelectElement | null): void {
    setText(this.live, '');
    setWrappingText(this.error, sentence);
    this.clearInvalid();
    if (!input) return;
    input.setAttribute('aria-invalid', 'true');
    input.setAttribute('aria-errormessage', 'wav-error');
    input.focus();
  }

  private clearError(): void {
    setText(this.error, '');
    this.clearInvalid();
  }

  private clearInvalid(): void {
    for (const input of [this.start, this.length, this.device]) {
      input.removeAttribute('aria-invalid');
      input.removeAttribute('aria-errormessage');
    }
  }

  /** Gives the memory of the last file back. */
  private release(): void {
    this.audio.removeAttribute('src');
    this.audio.load();
    if (this.blobUrl) URL.revokeObjectURL(this.blobUrl);
    this.blobUrl = null;
  }
}
