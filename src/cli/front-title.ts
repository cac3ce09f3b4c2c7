/** What a front is of. */
import type { FrontRow } from '../front.ts';

type Front = Pick<FrontRow, 'corpus' | 'feature' | 'nFft'>;

/** speech: log-mel-40 */
export const featureTitle = ({ corpus, feature }: Omit<Front, 'nFft'>): string =>
  corpus === undefined ? feature : `${corpus}: ${feature}`;

/** speech: log-mel-40, n_fft 512 */
export const frontTitle = (front: Front): string => `${featureTitle(front)}, n_fft ${front.nFft}`;
