// How a customer's HTML is shown: sanitised here again (the server did it first), without styles, scripts, forms or anything
// from elsewhere, in a frame without any right. The frame has no style sheet: its origin is opaque, so no policy but
// 'unsafe-inline' would let one in; the old presentational attributes do what is needed.
import DOMPurify from "dompurify";

const purify = {
  FORBID_ATTR: ["style", "class", "id", "background", "srcset", "ping", "target"],
  FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "frame", "iframe", "object", "embed", "video", "audio", "svg", "math", "link", "meta", "base"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_TRUSTED_TYPE: false,
};

/** What the frame may load: images that are inside the message. */
const framePolicy = "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'";

/** The frame's document as text. */
export function frameDocument(clean: string, lang: string, title: string): string {
  return (
    `<!doctype html><html lang="${attribute(lang)}"><head><meta charset="utf-8">` +
    `<meta http-equiv="Content-Security-Policy" content="${framePolicy}"><title>${attribute(title)}</title></head>` +
    `<body bgcolor="#ffffff" text="#1a1a1a" link="#0000bf" vlink="#0000bf" marginwidth="16" marginheight="14">` +
    `<font face="Arial, sans-serif">${clean}</font></body></html>`
  );
}

function attribute(text: string): string {
  return text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

interface Policy {
  createHTML(html: string): string;
}
type PolicyFactory = { createPolicy(name: string, rules: Policy): Policy };

let policy: Policy | undefined;

/** Trusted Types: the one place where text becomes HTML, and it sanitises. */
function mailPolicy(): Policy {
  const rules: Policy = { createHTML: (html) => html };
  const factory = (window as { trustedTypes?: PolicyFactory }).trustedTypes;
  policy ??= factory ? factory.createPolicy("santra-mail", rules) : rules;
  return policy;
}

/** Images that are not inside the message itself would tell the sender who reads: they go. */
function keepInside(node: Element): void {
  const source = node.getAttribute("src");
  if (source && !/^data:image\/(png|jpe?g|gif|webp);/i.test(source)) node.removeAttribute("src");
}

/** The policy reports a style attribute already when it is parsed; DOMPurify would take it away only after. */
function withoutStyles(html: string): string {
  return html.replace(/<[a-z][^>]*>/gi, (tag) => tag.replace(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, ""));
}

/** Gives the value for an iframe's srcdoc. */
export function mailFrame(html: string, lang: string, title: string): string {
  DOMPurify.addHook("afterSanitizeAttributes", keepInside);
  const clean = DOMPurify.sanitize(withoutStyles(html), purify) as string;
  DOMPurify.removeHook("afterSanitizeAttributes");
  return mailPolicy().createHTML(frameDocument(clean, lang, title));
}

/** A height in rem that shows most messages whole: the frame has no right to tell its own. */
export function frameHeight(text: string): number {
  const lines = text.split("\n").reduce((n, line) => n + Math.max(1, Math.ceil(line.length / 80)), 0);
  return Math.min(36, Math.max(8, lines * 1.6 + 4));
}
