/** Where the page is: `#/`, `#/attempt/ID`, `#/attempt/ID/result`. */
export type Route = { page: 'catalogue' } | { page: 'attempt' | 'result'; id: string }

export function parseRoute(hash: string): Route {
  const [, page, id, part] = hash.replace(/^#/, '').split('/')
  if (page !== 'attempt' || id === undefined || id === '') return { page: 'catalogue' }
  return { page: part === 'result' ? 'result' : 'attempt', id: decodeURIComponent(id) }
}

export function makeRoute(route: Route): string {
  if (route.page === 'catalogue') return '#/'
  return `#/attempt/${encodeURIComponent(route.id)}${route.page === 'result' ? '/result' : ''}`
}

class Router {
  route = $state.raw<Route>(parseRoute(location.hash))

  constructor() {
    window.addEventListener('hashchange', () => {
      this.route = parseRoute(location.hash)
      window.scrollTo(0, 0)
    })
  }

  go(route: Route): void {
    location.hash = makeRoute(route)
  }

  /** As `go`, without a step in the browser's history. */
  replace(route: Route): void {
    history.replaceState(null, '', makeRoute(route))
    this.route = route
  }
}

export const router = new Router()
