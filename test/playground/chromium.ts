/** Chromium as a visitor has it: real pointer and keyboard events, over its debugging pipe. Nothing but Node is needed. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';

export const executablePath = 'chromium';

/** Why there is no Chromium; null where there is one. */
export function noChromium(): string | null {
  try {
    execFileSync(executablePath, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'chromium is not installed';
  }
}

interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Record<string, unknown>;
  readonly result?: Record<string, unknown>;
  readonly error?: { readonly message: string };
}

/** The size of the window, and what the visitor prefers. */
export interface Looks {
  readonly width: number;
  readonly height: number;
  readonly scheme?: 'light' | 'dark';
  readonly calm?: boolean;
}

type Modifier = 'Control' | 'Shift';
const modifierBits: Readonly<Record<Modifier, number>> = { Control: 2, Shift: 8 };

/** One tab. */
export class Tab {
  /** What went wrong in the page: exceptions and errors of the console. */
  readonly errors: string[] = [];
  /** Addresses that the page asked for. */
  readonly requests: string[] = [];
  private readonly child: ChildProcess;
  private readonly profile: string;
  private readonly waiting = new Map<number, (message: Message) => void>();
  private session = '';
  private last = 0;
  private text = '';

  constructor(child: ChildProcess, profile: string) {
    this.child = child;
    this.profile = profile;
    (child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      this.text += chunk;
      const parts = this.text.split('\0');
      this.text = parts.pop() ?? '';
      for (const part of parts) this.heard(JSON.parse(part) as Message);
    });
  }

  private heard({ id, method, params, ...rest }: Message): void {
    if (id !== undefined) {
      this.waiting.get(id)?.({ id, ...rest });
      this.waiting.delete(id);
    } else if (method === 'Runtime.exceptionThrown') {
      const { exceptionDetails: e } = params as {
        exceptionDetails: { text: string; exception?: { description?: string } };
      };
      this.errors.push(e.exception?.description ?? e.text);
    } else if (method === 'Log.entryAdded') {
      const { entry } = params as { entry: { level: string; text: string } };
      if (entry.level === 'error') this.errors.push(entry.text);
    } else if (method === 'Network.requestWillBeSent') {
      const { request } = params as { request: { url: string } };
      this.requests.push(request.url);
    }
  }

  /** A command of the DevTools protocol. */
  async send(method: string, params: object = {}): Promise<Record<string, unknown>> {
    const id = ++this.last;
    const session = this.session === '' ? {} : { sessionId: this.session };
    const answer = new Promise<Message>((resolve) => this.waiting.set(id, resolve));
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    const { result, error } = await answer;
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }

  async begin(looks: Looks): Promise<void> {
    const { targetId } = await this.send('Target.createTarget', { url: 'about:blank' });
    const { sessionId } = await this.send('Target.attachToTarget', { targetId, flatten: true });
    this.session = String(sessionId);
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await this.send(`${domain}.enable`);
    await this.look(looks);
  }

  async look({ width, height, scheme = 'light', calm = false }: Looks): Promise<void> {
    await this.send('Emulation.setDeviceMetricsOverride', {
      width,
      height,
      deviceScaleFactor: 1,
      mobile: false,
    });
    await this.send('Emulation.setEmulatedMedia', {
      features: [
        { name: 'prefers-color-scheme', value: scheme },
        { name: 'prefers-reduced-motion', value: calm ? 'reduce' : 'no-preference' },
      ],
    });
  }

  /** Opens a page anew, also where only what is behind # differs, and waits for an element of it. */
  async open(url: string, seen = '[role=tab]'): Promise<void> {
    await this.send('Page.navigate', { url: 'about:blank' });
    this.errors.length = 0;
    await this.send('Page.navigate', { url });
    await this.until(
      `document.readyState === "complete" && document.querySelector(${JSON.stringify(seen)}) !== null`,
    );
  }

  /** The value of an expression in the page, awaited. */
  async value<T>(expression: string): Promise<T> {
    const { result, exceptionDetails } = (await this.send('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
    })) as {
      result: { value: T };
      exceptionDetails?: { exception?: { description?: string }; text: string };
    };
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until an expression holds. */
  async until(expression: string, seconds = 20): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!(await this.value<boolean>(expression).catch(() => false))) {
      if (performance.now() > end) throw new Error(`after ${seconds} s not so: ${expression}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** The middle of the first element of a selector, scrolled into view. */
  async place(selector: string): Promise<{ readonly x: number; readonly y: number }> {
    const found = await this.value<{ x: number; y: number } | null>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      if (!element) return null;
      element.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return { x: x + width / 2, y: y + height / 2 };
    })()`);
    if (!found) throw new Error(`nothing is ${selector}`);
    return found;
  }

  async pointer(type: 'mousePressed' | 'mouseReleased' | 'mouseMoved', x: number, y: number): Promise<void> {
    const button = { button: 'left', buttons: type === 'mouseReleased' ? 0 : 1, clickCount: 1 };
    await this.send('Input.dispatchMouseEvent', { type, x, y, ...button });
  }

  async click(selector: string): Promise<void> {
    const { x, y } = await this.place(selector);
    await this.pointer('mousePressed', x, y);
    await this.pointer('mouseReleased', x, y);
  }

  async drag(from: { x: number; y: number }, to: { x: number; y: number }, steps = 4): Promise<void> {
    await this.pointer('mousePressed', from.x, from.y);
    for (let i = 1; i <= steps; i++)
      await this.pointer(
        'mouseMoved',
        from.x + ((to.x - from.x) * i) / steps,
        from.y + ((to.y - from.y) * i) / steps,
      );
    await this.pointer('mouseReleased', to.x, to.y);
  }

  /** A key by its name, as in KeyboardEvent.key. */
  async key(key: string, ...held: Modifier[]): Promise<void> {
    const modifiers = held.reduce((sum, x) => sum + modifierBits[x], 0);
    const isText = key.length === 1 && modifiers === 0;
    const codes: Readonly<Record<string, number>> = {
      Enter: 13,
      Tab: 9,
      Escape: 27,
      ' ': 32,
      Home: 36,
      End: 35,
      ArrowLeft: 37,
      ArrowUp: 38,
      ArrowRight: 39,
      ArrowDown: 40,
    };
    const windowsVirtualKeyCode = codes[key] ?? key.toUpperCase().charCodeAt(0);
    const text = key === 'Enter' ? { text: '\r' } : isText ? { text: key } : {};
    await this.send('Input.dispatchKeyEvent', {
      type: 'keyDown',
      key,
      windowsVirtualKeyCode,
      modifiers,
      ...text,
    });
    await this.send('Input.dispatchKeyEvent', { type: 'keyUp', key, windowsVirtualKeyCode, modifiers });
  }

  /** Types into what has the focus. */
  async type(text: string): Promise<void> {
    await this.send('Input.insertText', { text });
  }

  async screenshot(path: string, whole = true): Promise<void> {
    const { data } = await this.send('Page.captureScreenshot', {
      format: 'png',
      captureBeyondViewport: whole,
    });
    writeFileSync(path, Buffer.from(String(data), 'base64'));
  }

  /** Milliseconds of processor time of all processes and threads of the browser until now; 0 where the system does not tell (Linux does). */
  processorTime(): number {
    const [own, children] = [new Map<number, number>(), new Map<number, number[]>()];
    for (const pid of existsSync('/proc/self/stat') ? readdirSync('/proc').map(Number).filter(Boolean) : [])
      try {
        // Behind the name in brackets: state, parent, ...; ticks of 10 ms of the user and of the system.
        const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
        own.set(pid, 10 * (Number(fields[11]) + Number(fields[12])));
        children.set(Number(fields[1]), [...(children.get(Number(fields[1])) ?? []), pid]);
      } catch {
        // It has ended meanwhile.
      }
    const sum = (pid: number): number =>
      (children.get(pid) ?? []).reduce((all, child) => all + sum(child), own.get(pid) ?? 0);
    return sum(this.child.pid ?? 0);
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.on('close', resolve));
    this.session = '';
    void this.send('Browser.close').catch(() => undefined);
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 3000);
    await ended;
    clearTimeout(timer);
    rmSync(this.profile, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** A Chromium with one tab. */
export async function openTab(looks: Looks, flags: readonly string[] = []): Promise<Tab> {
  const profile = mkdtempSync(join(tmpdir(), 'papilio-chromium-'));
  const child = spawn(
    executablePath,
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--hide-scrollbars',
      '--no-first-run',
      '--remote-debugging-pipe',
      `--user-data-dir=${profile}`,
      ...flags,
    ],
    { stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'] },
  );
  const tab = new Tab(child, profile);
  await tab.begin(looks);
  return tab;
}
