import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

const CLIENT = fileURLToPath(new URL('../../../../packages/mqtt-client/', import.meta.url))

/** The client's own tests, with what a page loads where they import the client. Errors are those of the sources, or `instanceof` would not know them. */
export default defineConfig({
  root: CLIENT,
  resolve: { conditions: ['godwit-source'] },
  ssr: { resolve: { conditions: ['godwit-source'] } },
  plugins: [
    {
      name: 'page-build',
      enforce: 'pre',
      resolveId(id, importer) {
        if (id === './errors.js') return `${CLIENT}src/errors.ts`
        const isClient =
          /^\.{1,2}\/index\.ts$/.test(id) && /mqtt-client\/src\/([\w-]+\.test|testing\/\w+)\.ts$/.test(importer ?? '')
        return isClient ? `${CLIENT}dist/index.browser.js` : undefined
      },
    },
  ],
  test: {
    include: ['src/{shell,statements}/*.test.ts', 'src/{aliases,authentication,failover,request,store}.test.ts'],
    isolate: false,
  },
})
