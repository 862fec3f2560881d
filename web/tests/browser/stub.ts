/**
 * A stand-in for the program's server, for what a real one does not do on request: several devices, gaps, clipping,
 * a waiting microphone, hostile names, a slow or broken download. It speaks the same messages and sends the same
 * content policy; what the real program does is tested with the real program.
 */
import { createReadStream, existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer, type WebSocket } from 'ws';

export const DIST = fileURLToPath(new URL('../../dist', import.meta.url));
export const CONTENT_POLICY =
  "default-src 'self'; media-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
};

export type WavHandler = (query: URLSearchParams, response: ServerResponse) => void;

export class StubServer {
  private readonly sockets: WebSocketServer;
  private connections = 0;
  /** Sent to each page that connects, first of all. */
  greeting: object[] = [{ type: 'history', levels: [] }];
  wav: WavHandler = (_query, response) => sendError(response, 404, 'Nothing was recorded in this period.');
  readonly wavQueries: URLSearchParams[] = [];

  private constructor(private readonly server: Server) {
    this.sockets = new WebSocketServer({ server, path: '/api/live' });
    this.sockets.on('connection', (socket: WebSocket) => {
      this.connections += 1;
      for (const message of this.greeting) socket.send(JSON.stringify(message));
    });
  }

  static async start(port = 0): Promise<StubServer> {
    const server = createServer();
    const stub = new StubServer(server);
    server.on('request', (request, response) => stub.answer(request, response));
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    return stub;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  get connectionCount(): number {
    return this.connections;
  }

  send(message: object): void {
    for (const socket of this.sockets.clients) socket.send(JSON.stringify(message));
  }

  /** Ends all connections at once, as a killed program does. */
  async stop(): Promise<void> {
    for (const socket of this.sockets.clients) socket.terminate();
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'http://stub');
    if (url.pathname === '/api/wav') {
      this.wavQueries.push(url.searchParams);
      this.wav(url.searchParams, response);
    } else if (url.pathname === '/api/status') {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end('{}');
    } else {
      const path = join(DIST, normalize(url.pathname === '/' ? '/index.html' : url.pathname));
      if (!path.startsWith(DIST) || !existsSync(path)) {
        sendError(response, 404, 'There is no such page.');
        return;
      }
      response.writeHead(200, {
        'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream',
        'Content-Security-Policy': CONTENT_POLICY,
      });
      createReadStream(path).pipe(response);
    }
  }
}

export function sendError(response: ServerResponse, status: number, error: string): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify({ error }));
}

/** A level message; `atMs` is the start of its chunk. */
export function level(device: string, atMs: number, rmsDbfs: number | null, more: object = {}): object {
  const peakDbfs = rmsDbfs === null ? null : Math.min(0, rmsDbfs + 3.01);
  const peak = peakDbfs === null ? 0 : Math.round(32768 * 10 ** (peakDbfs / 20));
  return {
    type: 'level', timestamp: timestamp(atMs), level: Math.min(peak, 32767), device, seq: 0, peak,
    peak_dbfs: peakDbfs, rms_dbfs: rmsDbfs, clipped: 0, duration_ms: 250, ...more,
  };
}

export function gap(device: string, atMs: number, durationMs: number, reason: string): object {
  return {
    type: 'gap', timestamp: timestamp(atMs), device, seq: 0, gap_samples: durationMs * 8, reason,
    duration_ms: durationMs,
  };
}

export function status(device: string, more: object = {}): object {
  return {
    type: 'status', device, capture: 'running', source: 'USB Audio (hw:1,0)', detail: '', archive: 'ok',
    archive_detail: '', rate: 8000, version: '0.1.0', ...more,
  };
}

/** Naive UTC with microseconds, as a line has it. */
function timestamp(atMs: number): string {
  return new Date(atMs).toISOString().replace('Z', '000');
}

/** A mono WAV of 8 kHz with a quiet tone. */
export function wavBytes(seconds: number): Buffer {
  const samples = Math.round(seconds * 8000);
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(16000, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * 2, 40);
  for (let index = 0; index < samples; index += 1) {
    bytes.writeInt16LE(Math.round(3000 * Math.sin((2 * Math.PI * 1000 * index) / 8000)), 44 + index * 2);
  }
  return bytes;
}
