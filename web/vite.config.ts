import { existsSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

/** Writes the licences of all bundled packages beside the page: their terms ask for it. */
function bundledLicences(): Plugin {
  return {
    name: 'bundled-licences',
    generateBundle(_options, bundle) {
      const folders = new Set<string>();
      for (const chunk of Object.values(bundle)) {
        if (chunk.type !== 'chunk') continue;
        for (const id of chunk.moduleIds) {
          const found = /^(.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+)[\\/]/.exec(id.replace(/^\0/, ''));
          if (found?.[1] && existsSync(join(found[1], 'package.json'))) folders.add(found[1]);
        }
      }
      const parts = [...folders].sort().map((folder) => {
        const { name, version, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
        // ECharts keeps the licences of what it took in a folder of that name.
        const texts = readdirSync(folder)
          .filter((entry) => /^(licen[cs]e|notice|copying)/i.test(entry))
          .sort()
          .map((entry) => join(folder, entry))
          .flatMap((path) => (statSync(path).isFile() ? [path] : readdirSync(path).sort().map((file) => join(path, file))))
          .map((path) => readFileSync(path, 'utf8').trim());
        return [`${name} ${version} (${license})`, ...texts].join('\n\n');
      });
      const rule = `\n\n${'-'.repeat(72)}\n\n`;
      this.emitFile({ type: 'asset', fileName: 'licences.txt', source: parts.join(rule) + '\n' });
    },
  };
}

export default defineConfig({
  // Relative addresses: the same build is served from the program and from any folder of a bucket.
  base: './',
  root: dirname(new URL(import.meta.url).pathname),
  plugins: [bundledLicences()],
  build: {
    target: 'es2022',
    // Inlined assets would be data: URLs, which `default-src 'self'` forbids.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The curve's library is one chunk of about 500 kB before compression, loaded after the gauge.
    chunkSizeWarningLimit: 600,
  },
  server: {
    host: '127.0.0.1',
    proxy: { '/api': { target: 'http://127.0.0.1:8080', ws: true } },
  },
});
