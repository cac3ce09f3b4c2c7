/** The stylesheet of reports: system fonts, light and dark. */
import { seriesProperties } from './colors.ts';

export const stylesheet = `
:root { color-scheme: light dark; --text: #1c2430; --soft: #5a6675; --line: #d9dee5; --page: #ffffff; --card: #f5f7f9; ${seriesProperties('light')} }
@media (prefers-color-scheme: dark) { :root { --text: #e4e8ee; --soft: #9aa6b5; --line: #333c48; --page: #14181e; --card: #1c222a; ${seriesProperties('dark')} } }
body { margin: 0; overflow-wrap: anywhere; background: var(--page); color: var(--text); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem 4rem; }
main.wide { max-width: 82rem; }
.wide p { max-width: 60rem; }
.wide td, .wide th { padding: .3rem .5rem; font-size: .88rem; }
h1 { font-size: 1.9rem; margin: 0 0 .75rem; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.75rem 0 .25rem; }
.lead { font-size: 1.15rem; }
.note, .scale, figcaption { color: var(--soft); font-size: .92rem; margin: .2rem 0 .8rem; }
dl { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .75rem; margin: 1.5rem 0; }
dl div { background: var(--card); border-radius: .5rem; padding: .6rem .9rem; }
dt { color: var(--soft); font-size: .85rem; }
dd { margin: 0; font-weight: 600; }
.scroll { overflow-x: auto; margin: .75rem 0; }
.scroll:focus-visible { outline: 2px solid var(--series-0); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; font-size: .95rem; }
th, td { text-align: right; padding: .4rem .6rem; border-bottom: 1px solid var(--line); white-space: nowrap; }
th:first-child, td:first-child { text-align: left; }
thead th { vertical-align: bottom; white-space: normal; overflow-wrap: normal; }
td.words { white-space: normal; min-width: 9rem; }
.words:not(:first-child) { text-align: left; }
.front td.words:first-child { min-width: 13rem; }
th { color: var(--soft); font-weight: 500; }
.comparison tbody tr:first-child td { font-weight: 600; }
.plot { margin: .5rem 0; container-type: inline-size; }
.plot svg { display: none; width: 100%; height: auto; overflow: visible; --plot-background: var(--page); }
.plot svg.middle, .plot svg.only { display: block; }
@container (max-width: 519px) { .plot svg.narrow { display: block; } .plot svg.middle { display: none; } }
@container (min-width: 860px) { .plot svg.wide { display: block; } .plot svg.middle { display: none; } }
.plot.square { max-width: 34rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr)); gap: 1rem; }
.key { margin-right: 1rem; font-size: .9rem; display: inline-block; }
.key i { display: inline-block; width: .8rem; height: .8rem; border-radius: .15rem; margin-right: .35rem; vertical-align: -.05rem; }
.key .dashed { height: 0; border-top: 2px dashed currentColor; border-radius: 0; vertical-align: .22rem; }
picture { display: block; }
img.map { width: 100%; height: auto; image-rendering: pixelated; border-radius: .25rem; }
figure { margin: 1rem 0; }
.raster { position: relative; padding-left: 4.2rem; }
.raster img { width: 100%; height: 9rem; image-rendering: pixelated; display: block; border-radius: .25rem; }
.gallery { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); gap: 0 1.5rem; align-items: end; }
.spectrum { display: grid; gap: .3rem; margin-top: .4rem; }
.spectrum img { width: 100%; height: 6rem; image-rendering: pixelated; display: block; border-radius: .25rem; }
audio { width: 100%; max-width: 24rem; height: 2.2rem; display: block; }
h3 { font-size: 1.02rem; margin: 1.6rem 0 .2rem; }
.bins td:last-child { width: 60%; min-width: 16rem; }
.bins td:first-child { white-space: normal; min-width: 9rem; }
.bins img { height: .8rem; }
.axis { position: absolute; left: 0; top: 0; font-size: .8rem; color: var(--soft); }
.axis.low { top: auto; bottom: 0; }
.raster + .scale { padding-left: 4.2rem; }
pre { background: var(--card); padding: .75rem 1rem; border-radius: .5rem; white-space: pre-wrap; overflow-wrap: anywhere; }
`;
