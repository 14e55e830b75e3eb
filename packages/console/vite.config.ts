import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** The console as files that every daemon serves from its port; nothing in it asks another host. */
export default defineConfig({
  root: import.meta.dirname,
  base: '/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2023',
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_500,
    rolldownOptions: {
      // `parsing.ts` must come before every schema: in one file the order of the imports holds.
      output: {
        codeSplitting: {
          groups: [{ name: 'contract', test: /console\/src\/parsing\.ts|packages\/contract\/|\/zod\// }],
        },
      },
    },
  },
});
