// What scripts add to pages that are whole without them.

import { crosshairs } from './crosshair';
import { copies } from './copy';
import { keys } from './keys';
import { live } from './live';

const board = live();
crosshairs(document);
board?.onSwap(crosshairs);
copies();
keys(board);
