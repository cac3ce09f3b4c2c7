/** Every room: the files of rooms/, by their order. */
import type { Room } from './room.ts';

const found = import.meta.glob<Room>('../rooms/*.ts', { eager: true, import: 'default' });

export const rooms: readonly Room[] = Object.values(found).sort((a, b) => a.order - b.order);
