/** The command line that runs, as a shell reads it. */

const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

export const commandLine = (words: readonly string[] = process.argv.slice(2)): string =>
  ['papilio', ...words].map(quoted).join(' ');
