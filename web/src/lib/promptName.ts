import type { Prompt } from "../api/types.ts";

/** The longest file that is taken, in bytes: two minutes at 48 kHz, 16 bits, stereo, and some. */
export const mostBytes = 24 << 20;

/** Whether a prompt may be called so: as in the configuration. */
export function isPromptName(name: string): boolean {
  return /^[a-z0-9][a-z0-9-]{0,39}$/.test(name);
}

/** Where a new version of a prompt is sent. */
export function uploadPath(lang: string, name: string, words: string): string {
  const query = words.trim() ? `?${new URLSearchParams({ words: words.trim() })}` : "";
  return `/api/prompts/${encodeURIComponent(lang)}/${encodeURIComponent(name)}${query}`;
}

/** Whether a prompt is the city’s own affair: handed in, on its disk, or named by one of its flows. */
export function isOwn(p: Prompt): boolean {
  return p.named || p.source !== "built_in" || p.versions.length > 0;
}

/** Whether a prompt has a text in its name or its words. */
export function isFound(p: Prompt, text: string): boolean {
  return `${p.name} ${p.words}`.toLowerCase().includes(text.trim().toLowerCase());
}
