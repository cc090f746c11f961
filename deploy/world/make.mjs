// Writes crates/chart/src/world.txt (land as runs of dots) and territories.tsv (a place and four names for each country).
// Run where world-atlas (Natural Earth, public domain), topojson-client, d3-geo and i18n-iso-countries are installed:
//   node make.mjs ../../crates/chart/src
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
const require = createRequire(join(process.cwd(), 'x.js'));
const { feature } = require('topojson-client');
const { geoContains, geoCentroid, geoArea } = await import(require.resolve('d3-geo'));
const codes = require('i18n-iso-countries');
const atlas = (name) => JSON.parse(readFileSync(require.resolve(`world-atlas/${name}.json`)));

const WIDTH = 120, HEIGHT = 46, NORTH = 80, STEP = 3;
const land = atlas('land-110m');
const shape = feature(land, land.objects.land);
const lines = [];
for (let y = 0; y < HEIGHT; y++) {
  const runs = [];
  for (let x = 0; x < WIDTH; x++) {
    if (!geoContains(shape, [-180 + (x + 0.5) * STEP, NORTH - (y + 0.5) * STEP])) continue;
    const last = runs.at(-1);
    if (last && last[0] + last[1] === x) last[1]++; else runs.push([x, 1]);
  }
  lines.push(runs.map(([from, count]) => `${from}+${count}`).join(' '));
}
writeFileSync(join(process.argv[2], 'world.txt'), lines.join('\n') + '\n');

const world = atlas('countries-50m');
const names = ['en-GB', 'es', 'it', 'pt'].map((tag) => new Intl.DisplayNames([tag], { type: 'region' }));
const rows = [];
for (const country of feature(world, world.objects.countries).features) {
  const code = country.id && codes.numericToAlpha2(country.id);
  if (!code) continue;
  // The middle of the largest part: that of all parts of France lies in the sea.
  const parts = country.geometry.type === 'Polygon' ? [country.geometry.coordinates] : country.geometry.coordinates;
  const areas = parts.map((coordinates) => ({ type: 'Polygon', coordinates }));
  const largest = areas.reduce((a, b) => (geoArea(a) >= geoArea(b) ? a : b));
  const [lon, lat] = geoCentroid(largest);
  rows.push([code, lon.toFixed(1), lat.toFixed(1), ...names.map((name) => name.of(code))].join('\t'));
}
writeFileSync(join(process.argv[2], 'territories.tsv'), rows.sort().join('\n') + '\n');
