/** Texts in pages. */

const replacements: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text for HTML content and quoted attributes. */
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => replacements[c]);

/** A colour of a legend, and what has it. */
export const colorKey = (color: string, text: string): string =>
  `<span class="key"><i style="background: ${color}"></i>${escapeHtml(text)}</span>`;

export const dataUrl = (type: string, bytes: Uint8Array): string =>
  `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
