/**
 * Which files of which Debian packages are speech, music or noise, who speaks, and which are single digits and letters with
 * their names for labels. The recordings of data/ (pocketsphinx-testdata, sonic-pi-samples) are not among them.
 */

export const categories = ['speech', 'music', 'noise'] as const;
export type Category = (typeof categories)[number];

/** What a file is; `group` is the speaker or the collection it belongs to, `label` what is said in it. */
export interface Classified {
  readonly category: Category | 'digits';
  readonly group: string;
  readonly language?: string;
  readonly label?: string;
}

interface Rule extends Omit<Classified, 'group' | 'language' | 'label'> {
  /** Of the path below usr/share; named groups `speaker`, `language`, `label` tell those, in that order of trust. */
  readonly pattern: RegExp;
  readonly group?: string;
  readonly language?: string;
}

export interface PackageSpec {
  readonly name: string;
  /** Minutes wanted of it, of each category, where all of that category are wanted as by default. */
  readonly minutes: Partial<Record<Category, number>>;
  /** The first rule that matches decides; a rule of null leaves files out. */
  readonly rules: readonly (Rule | RegExp)[];
}

/** One speaker per folder, named language_COUNTRY_sex_name. Digits and letters are files of one character. */
const asterisk = (language: string, minutes: number): PackageSpec => ({
  name: `asterisk-core-sounds-${language}-g722`,
  minutes: { speech: minutes },
  rules: [
    /\/silence\//,
    {
      category: 'digits',
      pattern:
        /\/sounds\/(?<speaker>(?<language>[a-z]+)_[^/]+)\/(?:digits\/(?=\d\.)|letters\/(?=[a-z]\.))(?<label>\w)\.g722$/,
    },
    { category: 'speech', pattern: /\/sounds\/(?<speaker>(?<language>[a-z]+)_[^/]+)\/.*\.g722$/ },
  ],
});

export const packages: readonly PackageSpec[] = [
  asterisk('en', 16),
  asterisk('es', 14),
  asterisk('fr', 16),
  asterisk('it', 16),
  asterisk('ru', 16),
  {
    name: 'asterisk-prompt-it-menardi-wav',
    minutes: {},
    rules: [
      {
        category: 'digits',
        pattern: /\/(?:digits\/(?=\d\.)|letters\/(?=[a-z]\.))(?<label>\w)\.wav$/,
        group: 'menardi',
        language: 'it',
      },
    ],
  },
  {
    name: 'klettres-data',
    minutes: { speech: 24 },
    rules: [
      { category: 'digits', pattern: /klettres\/(?<language>[^/]+)\/alpha\/(?<label>[A-Za-z])\.ogg$/ },
      { category: 'speech', pattern: /klettres\/(?<language>[^/]+)\/(?:alpha|syllab)\/.*\.ogg$/ },
    ],
  },
  {
    name: 'ktuberling-data',
    minutes: { speech: 20 },
    rules: [
      // Serbian is one recording under four names.
      /sounds\/sr@/,
      { category: 'speech', pattern: /ktuberling\/sounds\/(?<language>[^/]+)\/.*\.(?:ogg|wav)$/ },
    ],
  },
  {
    name: 'fillets-ng-data-cs',
    minutes: { speech: 30 },
    rules: [
      // Names are level-speaker-words: m and v are the two fish, others appear in one level each.
      {
        category: 'speech',
        pattern: /sound\/[^/]+\/cs\/[^-/]+-(?<speaker>[a-z0-9]+)-[^/]*\.ogg$/,
        language: 'cs',
      },
    ],
  },
  {
    name: 'kajongg',
    minutes: { speech: 6 },
    rules: [
      {
        category: 'speech',
        pattern: /kajongg\/voices\/(?<language>de)\/(?<speaker>[a-z]+[0-9])\/[^/]*\.ogg$/,
      },
      {
        category: 'speech',
        pattern: /kajongg\/voices\/(?<speaker>[a-z]+[0-9])\/[^/]*\.ogg$/,
        language: 'en',
      },
    ],
  },
  {
    name: 'hedgewars-data',
    minutes: { speech: 14, music: 75, noise: 3 },
    rules: [
      // A vocoder and a singer.
      /Sounds\/voices\/(?:Robot|Singer)\//,
      { category: 'speech', pattern: /Sounds\/voices\/(?<speaker>[^/]+)\/[^/]*\.ogg$/ },
      { category: 'music', pattern: /Data\/Music\/[^/]*\.ogg$/, group: 'music' },
      // Tones of a scale, a march, and voices.
      /Sounds\/(?:[1-9][A-G]|ride_of|hogchant|hell_|Kiss|Yoohoo|Hellish)[^/]*$/,
      { category: 'noise', pattern: /Data\/Sounds\/[^/]*\.ogg$/, group: 'effects' },
    ],
  },
  {
    name: 'asterisk-moh-opsound-g722',
    minutes: { music: 19 },
    rules: [{ category: 'music', pattern: /asterisk\/moh\/.*\.g722$/, group: 'opsound' }],
  },
  {
    name: 'asc-music',
    minutes: { music: 11 },
    rules: [{ category: 'music', pattern: /asc\/music\/[^/]*\.mp3$/, group: 'asc' }],
  },
  {
    name: 'ufoai-sound',
    minutes: { noise: 27 },
    rules: [
      { category: 'noise', pattern: /\/sound\/(?<speaker>ambience)\/[^/]*\.(?:ogg|wav)$/ },
      // Orders and screams.
      /\/sound\/(?:soldiers|civilians|aliens|seq|ui|geoscape)\//,
      { category: 'noise', pattern: /\/sound\/(?<speaker>[^/]+)\/[^/]*\.(?:ogg|wav)$/ },
    ],
  },
  {
    name: 'caveexpress-data',
    minutes: { noise: 3 },
    rules: [/\/music[^/]*$/, { category: 'noise', pattern: /sounds\/[^/]*\.ogg$/, group: 'effects' }],
  },
  {
    name: 'wordwarvi-sound',
    minutes: { noise: 2 },
    rules: [
      /(?:mix|music|stuffing-mono|destiny_facedown|hohoho[^/]*|help_[^/]*|yay_santa|woohoo|UseTheSource|abducted|nice_bank_shot|ow_my_spine|ooooof|aaaah_it_burns|fallingscreamhi|radar_(?:fail|ready))\.ogg$/,
      { category: 'noise', pattern: /wordwarvi\/sounds\/[^/]*\.ogg$/, group: 'effects' },
    ],
  },
  {
    name: 'bucklespring-data',
    minutes: { noise: 1 },
    rules: [{ category: 'noise', pattern: /buckle\/wav\/[^/]*\.wav$/, group: 'keyboard' }],
  },
  {
    name: 'oxygen-sounds',
    minutes: { noise: 2 },
    rules: [{ category: 'noise', pattern: /\/sounds\/[^/]*\.ogg$/, group: 'desktop' }],
  },
  {
    name: 'sound-theme-freedesktop',
    minutes: { noise: 1 },
    rules: [
      { category: 'noise', pattern: /stereo\/(?!audio-(?:channel|test))[^/]*\.oga$/, group: 'desktop' },
    ],
  },
];

/** Sum of the minutes that the packages are asked for. */
export const minutesOf = (category: Category): number =>
  packages.reduce((sum, p) => sum + (p.minutes[category] ?? 0), 0);

/** What a file of a package is; null if it is nothing that is wanted. */
export function classify(spec: PackageSpec, path: string): Classified | null {
  for (const rule of spec.rules) {
    if (rule instanceof RegExp) {
      if (rule.test(path)) return null;
      continue;
    }
    const found = rule.pattern.exec(path);
    if (!found) continue;
    const { speaker, language = rule.language, label } = found.groups ?? {};
    const group = [speaker ?? rule.group ?? language ?? spec.name];
    // Folders of a language may hold the same speaker names.
    if (language && speaker && !speaker.startsWith(language)) group.unshift(language);
    return {
      category: rule.category,
      group: group.join('-'),
      ...(language ? { language } : {}),
      ...(label ? { label: label.toLowerCase() } : {}),
    };
  }
  return null;
}

/** The rules of a package as text: what was made by other rules is made anew. */
export const rulesText = (spec: PackageSpec): string =>
  JSON.stringify(spec.rules, (_, value: unknown) => (value instanceof RegExp ? value.source : value));
