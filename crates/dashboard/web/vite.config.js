// One file without modules: the binary embeds it, and a page loads it once.
export default {
  build: {
    target: 'es2022',
    outDir: 'dist',
    lib: { entry: 'src/main.ts', formats: ['iife'], name: 'rapport', fileName: () => 'dashboard.js' },
  },
};
