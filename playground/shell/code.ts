/** Text of a visitor, or of a link, inside code that is copied: it stays text. */

/** For a block comment. */
export const commentText = (text: string): string => text.replaceAll('*/', '* /');

/** A string of JavaScript. */
export const literal = (text: string): string =>
  `'${JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"').replaceAll("'", "\\'")}'`;
