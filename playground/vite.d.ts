/// <reference types="vite/client" />

/** The edition of papilio, as in the files that commands write. */
declare const __PAPILIO__: string;
