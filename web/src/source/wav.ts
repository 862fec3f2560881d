/** Fetches the WAV of a period with progress, within bounded memory. */
import { asSentence } from '../core/words';
import { devicesOffered, wavFacts, wavQuery, type Period, type WavFacts } from '../core/period';

/** Longest file that is kept in the page to be played: more than an hour at 8 kHz. Longer ones go to a file. */
export const WAV_BYTES_MAX = 64 * 1024 * 1024;

export type WavResult =
  | { readonly kind: 'wav'; readonly blob: Blob; readonly facts: WavFacts }
  | { readonly kind: 'too_large'; readonly bytes: number; readonly facts: WavFacts }
  /** `devices`: those that the server says there are, when one has to be chosen. */
  | { readonly kind: 'error'; readonly sentence: string; readonly devices: readonly string[] };

export interface WavOptions {
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
  /** `totalBytes` is null when the server does not say. */
  progress(bytes: number, totalBytes: number | null): void;
}

export function wavUrl(pageUrl: string, period: Period): URL {
  const url = new URL('api/wav', pageUrl);
  url.search = wavQuery(period);
  return url;
}

/** Rejects only with the signal's AbortError; every other trouble is a sentence. */
export async function fetchWav(url: URL, options: WavOptions): Promise<WavResult> {
  const { signal } = options;
  signal.throwIfAborted();
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort(signal.reason), { once: true });
  try {
    const response = await options.fetch(url, { signal: stop.signal, cache: 'no-store' });
    if (!response.ok) return await refusal(response);
    const facts = wavFacts((name) => response.headers.get(name));
    const length = Number(response.headers.get('Content-Length') ?? NaN);
    const totalBytes = Number.isFinite(length) && length > 0 ? length : null;
    const tooLarge = (bytes: number): WavResult => {
      stop.abort();
      return { kind: 'too_large', bytes, facts };
    };
    if (totalBytes !== null && totalBytes > WAV_BYTES_MAX) return tooLarge(totalBytes);
    if (!response.body) return trouble('The server sent no sound.');
    const parts: Uint8Array<ArrayBuffer>[] = [];
    let bytes = 0;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > WAV_BYTES_MAX) return tooLarge(bytes);
      parts.push(value);
      options.progress(bytes, totalBytes);
    }
    if (totalBytes !== null && bytes < totalBytes) {
      return trouble('The connection broke before the file was complete. Try again.');
    }
    return { kind: 'wav', blob: new Blob(parts, { type: 'audio/wav' }), facts };
  } catch (error) {
    if (signal.aborted) throw error;
    return trouble('The program cannot be reached, or the connection broke. Try again.');
  }
}

function trouble(sentence: string, devices: readonly string[] = []): WavResult {
  return { kind: 'error', sentence, devices };
}

/** The server's own sentence where it gave one. */
async function refusal(response: Response): Promise<WavResult> {
  try {
    const value: unknown = await response.json();
    if (typeof value === 'object' && value !== null && 'error' in value && typeof value.error === 'string') {
      const answer = value.error.slice(0, 1000);
      return trouble(asSentence(answer), devicesOffered(answer));
    }
  } catch {
    // No JSON: a proxy's page, which says less than the status.
  }
  return trouble(`The server answered with status ${response.status}.`);
}
