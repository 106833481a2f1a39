// Empties the build folder but for .gitkeep, which keeps the Go embed pattern valid before the first build.
import { mkdirSync, readdirSync, rmSync } from "node:fs";

const dist = new URL("../../internal/web/ui/dist/", import.meta.url);
mkdirSync(dist, { recursive: true });
for (const name of readdirSync(dist)) {
  if (name !== ".gitkeep") rmSync(new URL(name, dist), { recursive: true });
}
