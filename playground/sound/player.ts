/** Sounds, one at a time. */
let context: AudioContext | null = null;
let playing: AudioBufferSourceNode | null = null;

/** What plays and hears sound. Throws Error where the browser gives a page none. */
export function newContext(): AudioContext {
  if (typeof AudioContext === 'undefined')
    throw new Error('this browser gives this page no sound; open it in another browser');
  return new AudioContext();
}

/** Plays samples; another sound, `stopSound` or the end stops them. `ended` is called in each case. Throws Error where there is no sound. */
export function playSound(samples: ArrayLike<number>, rate: number, ended: () => void): void {
  stopSound();
  context ??= newContext();
  void context.resume();
  const buffer = context.createBuffer(1, Math.max(1, samples.length), rate);
  const channel = buffer.getChannelData(0);
  for (let i = 0; i < samples.length; i++) channel[i] = Math.max(-1, Math.min(1, samples[i]));
  const source = context.createBufferSource();
  source.buffer = buffer;
  source.connect(context.destination);
  source.onended = () => {
    if (playing === source) playing = null;
    ended();
  };
  source.start();
  playing = source;
}

export function stopSound(): void {
  playing?.stop();
  playing = null;
}
