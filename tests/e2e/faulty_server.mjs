// The built site behind a server that misbehaves on request. A worker's requests cannot be intercepted
// in the browser.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { basename, extname, join } from 'node:path';

import { dist } from './lab.mjs';

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.wasm': 'application/wasm' };

// `faults` maps a file's name to 'missing' or 'short'; it may be changed at any time.
export async function serveWithFaults(faults) {
  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const path = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
    const fault = faults[basename(path)];
    try {
      if (fault === 'missing') throw new Error('missing');
      const bytes = await readFile(join(dist, path));
      response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream', 'Cache-Control': 'no-store' });
      response.end(fault === 'short' ? bytes.subarray(0, bytes.length / 2) : bytes);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => new Promise((closed) => (server.closeAllConnections(), server.close(closed))),
  };
}
