/** The playground: a page where rooms show what papilio does. */
import { openPage } from './shell/page.ts';
import { rooms } from './shell/registry.ts';

openPage(document.querySelector('#app') as HTMLElement, rooms);
performance.mark('interactive');
