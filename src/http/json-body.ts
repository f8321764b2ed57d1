/** JSON is the only body, a merge patch (RFC 7396) by its own name included; an empty one is none. Prototype keys are refused by the framework's parser. */
import type { App } from './app-types.ts'

export function acceptJsonOnly(app: App): void {
  const parse = app.getDefaultJsonParser('error', 'error')
  app.removeAllContentTypeParsers()
  app.addContentTypeParser(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, body, done) => {
      if (body === '') done(null, undefined)
      else parse(request, body as string, done)
    },
  )
}
