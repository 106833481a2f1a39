import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

/** The languages Santra speaks; React Aria's strings in all others are left out of the build. */
const languages = ["fi-FI", "sv-SE", "en-US"];

/** What a browser may load, in bytes after gzip, before the log-in page or the desktop shows. */
const firstLoadLimit = 210_000;

function onlyOurLanguages(): Plugin {
  const strings = /react-(?:aria|stately)\/dist\/private\/intl\/.*\/([a-z]{2}-[A-Z]{2})\.mjs$/;
  return {
    name: "only-our-languages",
    enforce: "pre",
    load(id) {
      const locale = strings.exec(id)?.[1];
      return locale && !languages.includes(locale) ? "export default {};" : null;
    },
  };
}

/** Prints what the first page loads and fails the build above the limit. */
function firstLoad(): Plugin {
  return {
    name: "first-load",
    generateBundle(_, bundle) {
      const wanted = new Set<string>();
      const follow = (name: string) => {
        const chunk = bundle[name];
        if (!chunk || wanted.has(name)) return;
        wanted.add(name);
        if (chunk.type === "chunk") chunk.imports.forEach(follow);
      };
      for (const [name, chunk] of Object.entries(bundle)) {
        if (chunk.type === "chunk" && chunk.isEntry) follow(name);
        // One language and the stylesheet come with the first page.
        const finnish = chunk.type === "chunk" && chunk.moduleIds.some((id) => id.endsWith("/locales/fi.ts"));
        if (finnish || name.endsWith(".css")) wanted.add(name);
      }
      let total = 0;
      for (const name of wanted) {
        const chunk = bundle[name]!;
        total += gzipSync(chunk.type === "chunk" ? chunk.code : chunk.source).length;
      }
      console.log(`first load: ${(total / 1000).toFixed(1)} kB gz of ${firstLoadLimit / 1000} kB (${wanted.size} files)`);
      if (total > firstLoadLimit) this.error(`first load is over ${firstLoadLimit} bytes`);
    },
  };
}

/** Files smaller than this gain nothing from compression. */
const compressFrom = 1_000;

/** Writes .br and .gz beside each text file, which the server gives to browsers that take them. */
function compressed(): Plugin {
  return {
    name: "compressed",
    writeBundle({ dir }, bundle) {
      for (const name of Object.keys(bundle)) {
        const path = join(dir!, name);
        const bytes = readFileSync(path);
        if (bytes.length < compressFrom || !/\.(js|css|svg|html)$/.test(name)) continue;
        writeFileSync(`${path}.br`, brotliCompressSync(bytes));
        writeFileSync(`${path}.gz`, gzipSync(bytes, { level: 9 }));
      }
    },
  };
}

export default defineConfig({
  plugins: [onlyOurLanguages(), react(), firstLoad(), compressed()],
  build: {
    outDir: "../internal/web/ui/dist",
    emptyOutDir: false,
    assetsInlineLimit: 0,
    cssCodeSplit: false,
    target: "es2023",
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
  },
  server: {
    port: 5173,
    proxy: { "/api": process.env.SANTRA_API ?? "http://127.0.0.1:8080", "/register": process.env.SANTRA_API ?? "http://127.0.0.1:8080" },
  },
  test: { environment: "node", include: ["src/**/*.test.ts"] },
});
