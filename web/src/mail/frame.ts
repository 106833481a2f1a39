// How a customer's HTML is shown: sanitised here again (the server did it first), without styles, scripts, forms or anything
// from elsewhere, in a frame without any right, whose own policy allows nothing but our one style sheet.
import DOMPurify from "dompurify";

const style = `
  body { font: 16px/1.55 Arial, sans-serif; color: #1a1a1a; background: #fff; margin: 0; padding: 16px; overflow-wrap: anywhere; }
  img { max-width: 100%; height: auto; } table { max-width: 100%; border-collapse: collapse; } td, th { padding: 2px 6px; text-align: left; }
  blockquote { margin: 8px 0; padding-left: 12px; border-left: 3px solid #b0b8bf; color: #4d4d4d; } a { color: #0000bf; } pre { white-space: pre-wrap; }
`;

const purify = {
  FORBID_ATTR: ["style", "class", "id", "background", "srcset", "ping", "target"],
  FORBID_TAGS: ["style", "form", "input", "button", "textarea", "select", "iframe", "object", "embed", "video", "audio", "svg", "math", "link", "meta", "base"],
  ALLOW_DATA_ATTR: false,
  ALLOW_ARIA_ATTR: false,
  RETURN_TRUSTED_TYPE: false,
};

/** The frame's document as text. */
export function frameDocument(clean: string, lang: string, title: string, nonce: string): string {
  const policy = `default-src 'none'; img-src data:; style-src 'nonce-${nonce}'; base-uri 'none'; form-action 'none'`;
  return (
    `<!doctype html><html lang="${attribute(lang)}"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${policy}">` +
    `<title>${attribute(title)}</title><style nonce="${attribute(nonce)}">${style}</style></head><body>${clean}</body></html>`
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

/** Gives the value for an iframe's srcdoc. */
export function mailFrame(html: string, lang: string, title: string): string {
  const nonce = document.querySelector<HTMLMetaElement>('meta[property="csp-nonce"]')?.nonce ?? "";
  DOMPurify.addHook("afterSanitizeAttributes", keepInside);
  const clean = DOMPurify.sanitize(html, purify) as string;
  DOMPurify.removeHook("afterSanitizeAttributes");
  return mailPolicy().createHTML(frameDocument(clean, lang, title, nonce));
}

/** A height in rem that shows most messages whole: the frame has no right to tell its own. */
export function frameHeight(text: string): number {
  const lines = text.split("\n").reduce((n, line) => n + Math.max(1, Math.ceil(line.length / 80)), 0);
  return Math.min(36, Math.max(8, lines * 1.6 + 4));
}
