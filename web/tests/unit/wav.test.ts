import { describe, expect, it } from 'vitest';
import { fetchWav, wavUrl, WAV_BYTES_MAX } from '../../src/source/wav';

const URL_WAV = new URL('http://page/api/wav');

function fetchOf(response: () => Response | Promise<Response>): typeof fetch {
  return (async (_url, init) => {
    init?.signal?.throwIfAborted();
    return response();
  }) as typeof fetch;
}

const ask = (response: () => Response | Promise<Response>, signal = new AbortController().signal) => {
  const steps: [number, number | null][] = [];
  const result = fetchWav(URL_WAV, {
    fetch: fetchOf(response), signal, progress: (bytes, total) => steps.push([bytes, total]),
  });
  return { result, steps };
};

/** A body that comes in parts. */
const streamed = (...parts: number[]) => new ReadableStream<Uint8Array>({
  start(controller) {
    for (const bytes of parts) controller.enqueue(new Uint8Array(bytes));
    controller.close();
  },
});

describe('fetching a WAV', () => {
  it('tells progress and gives the whole file with its facts', async () => {
    const { result, steps } = ask(() => new Response(streamed(44, 100, 56), {
      headers: { 'Content-Length': '200', 'Soundline-Samples': '78', 'Soundline-Gap-Samples': '3', 'Soundline-Bad-Lines': '0' },
    }));
    const wav = await result;
    expect(wav).toMatchObject({ kind: 'wav', facts: { samples: 78, gapSamples: 3, badLines: 0 } });
    expect(wav.kind === 'wav' && wav.blob.size).toBe(200);
    expect(wav.kind === 'wav' && wav.blob.type).toBe('audio/wav');
    expect(steps).toEqual([[44, 200], [144, 200], [200, 200]]);
  });

  it('passes the sentence of the server on', async () => {
    const { result } = ask(() => Response.json({ error: 'Nothing was recorded in this period.' }, { status: 404 }));
    expect(await result).toEqual({ kind: 'error', sentence: 'Nothing was recorded in this period.', devices: [] });
  });

  it.each([['a page', '<html>'], ['nothing', ''], ['other JSON', '{"error":5}']])(
    'names the status when the answer is %s', async (_name, body) => {
      const { result } = ask(() => new Response(body, { status: 502 }));
      expect(await result).toEqual({ kind: 'error', sentence: 'The server answered with status 502.', devices: [] });
    });

  it('says that the program cannot be reached', async () => {
    const { result } = ask(() => Promise.reject(new TypeError('Failed to fetch')));
    expect(await result).toMatchObject({ kind: 'error', sentence: expect.stringContaining('cannot be reached') });
  });

  it('does not take a broken download for a file', async () => {
    const { result } = ask(() => new Response(streamed(44), { headers: { 'Content-Length': '200' } }));
    expect(await result).toMatchObject({ kind: 'error', sentence: expect.stringContaining('Try again') });
  });

  it('keeps no file that is too large for a page, whether announced or not', async () => {
    const announced = ask(() => new Response(streamed(44), { headers: { 'Content-Length': String(WAV_BYTES_MAX + 1) } }));
    expect(await announced.result).toMatchObject({ kind: 'too_large', bytes: WAV_BYTES_MAX + 1 });
    const quiet = ask(() => new Response(streamed(WAV_BYTES_MAX, 1)));
    expect(await quiet.result).toMatchObject({ kind: 'too_large' });
  });

  it('rejects when it is cancelled', async () => {
    const { result } = ask(() => new Response(''), AbortSignal.abort());
    await expect(result).rejects.toMatchObject({ name: 'AbortError' });
  });

  it('asks beside the page', () => {
    const period = { startMs: 0, seconds: 1, device: null };
    expect(wavUrl('http://pi:8080/', period).href).toBe('http://pi:8080/api/wav?start=1970-01-01T00%3A00%3A00Z&seconds=1');
  });
});
