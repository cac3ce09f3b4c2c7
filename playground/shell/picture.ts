/** Pictures that can be saved: a figure around a drawing, with a button per format. */
import { h } from './dom.ts';
import { saveFile } from './files.ts';

/** Properties that the stylesheet gives to drawings, written into a saved one where they are not these. */
const usual: Readonly<Record<string, string>> = {
  fill: 'rgb(0, 0, 0)',
  'fill-opacity': '1',
  stroke: 'none',
  'stroke-width': '1px',
  'stroke-opacity': '1',
  'stroke-dasharray': 'none',
  'stroke-linecap': 'butt',
  opacity: '1',
  visibility: 'visible',
};
const ofText = ['font-family', 'font-size', 'font-weight', 'text-anchor', 'font-variant-numeric'];

/** A drawing that needs no page: its styles and the background are in it. */
function standaloneSvg(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const [from, to] = [svg, copy].map((x) => [...x.querySelectorAll<SVGElement>('*')]);
  from.forEach((element, i) => {
    const style = getComputedStyle(element);
    if (style.display === 'none') to[i].setAttribute('display', 'none');
    if (element instanceof SVGGElement) return;
    for (const [name, value] of Object.entries(usual))
      if (style.getPropertyValue(name) !== value) to[i].style.setProperty(name, style.getPropertyValue(name));
    if (element instanceof SVGTextElement)
      for (const name of ofText) to[i].style.setProperty(name, style.getPropertyValue(name));
  });
  const { width, height } = svg.getBoundingClientRect();
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(Math.round(width)));
  copy.setAttribute('height', String(Math.round(height)));
  copy.style.background = getComputedStyle(document.body).backgroundColor;
  return new XMLSerializer().serializeToString(copy);
}

/** A drawing in pixels, twice as fine as it is shown. */
async function pngOfSvg(svg: SVGSVGElement): Promise<Blob> {
  const { width, height } = svg.getBoundingClientRect();
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(standaloneSvg(svg))}`;
  await image.decode();
  const canvas = h('canvas', { width: Math.round(2 * width), height: Math.round(2 * height) });
  const context = canvas.getContext('2d');
  if (!context) throw new Error('this browser has no canvas');
  context.fillStyle = getComputedStyle(document.body).backgroundColor;
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return pngOfCanvas(canvas);
}

const pngOfCanvas = (canvas: HTMLCanvasElement): Promise<Blob> =>
  new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))),
      'image/png',
    ),
  );

/** A drawing with its caption, and what saves it. `name` is that of the file, without its ending. */
export function picture(
  name: string,
  caption: string,
  drawing: SVGSVGElement | HTMLCanvasElement,
  ...more: readonly Node[]
): HTMLElement {
  const save = (format: 'SVG' | 'PNG', make: () => Blob | string | Promise<Blob>): HTMLElement =>
    h(
      'button',
      {
        type: 'button',
        class: 'quiet small',
        'aria-label': `Save ${caption} as ${format}`,
        click: async () => saveFile(`${name}.${format.toLowerCase()}`, await make()),
      },
      format,
    );
  const buttons =
    drawing instanceof SVGSVGElement
      ? [save('SVG', () => standaloneSvg(drawing)), save('PNG', () => pngOfSvg(drawing))]
      : [save('PNG', () => pngOfCanvas(drawing))];
  return h(
    'figure',
    { class: 'picture' },
    h('figcaption', {}, h('span', {}, caption), h('span', { class: 'formats' }, ...buttons)),
    drawing,
    ...more,
  );
}
