/** What is used of a layer of Express's router: a middleware or a route, in the order in which they are asked. */
export interface ExpressLayer {
  /** Missing for a middleware. */
  route?: { methods: Record<string, boolean | undefined>; stack: readonly { handle: object }[] };
  match(path: string): boolean;
}

/** What is used of an Express application; the package may not be installed. Express 4 has `_router`. */
export interface ExpressLike {
  _router?: { stack: readonly ExpressLayer[] };
  router?: { stack: readonly ExpressLayer[] };
}

/** Tells which posts Express will give to a route, by asking its router. */
export class ExpressRouter {
  private own: ExpressLayer[] = [];

  constructor(
    private readonly express: ExpressLike,
    private readonly isOwn: (handler: object) => boolean,
  ) {}

  /**
   * Whether the first route that a post to `url` matches is an own one. `false` if in doubt: where a route of the
   * host's stands before it, that one gets the request, whatever it does with it then.
   */
  givesOwn(url: string): boolean {
    const path = url.replace(/[?#].*$/s, '');
    try {
      return this.ownLayers().some((layer) => layer.match(path)) && this.isOwnLayer(this.firstOf(path));
    } catch {
      // A parameter of a route of the host's that can't be decoded, for instance.
      return false;
    }
  }

  /** Found at the first request: routes are added after middleware. */
  private ownLayers(): readonly ExpressLayer[] {
    if (this.own.length === 0) this.own = this.stack().filter((layer) => this.isOwnLayer(layer));
    return this.own;
  }

  private firstOf(path: string): ExpressLayer | undefined {
    return this.stack().find((layer) => takesPosts(layer) && layer.match(path));
  }

  private isOwnLayer(layer: ExpressLayer | undefined): boolean {
    return layer?.route?.stack.some(({ handle }) => this.isOwn(handle)) ?? false;
  }

  private stack(): readonly ExpressLayer[] {
    // Express 4 throws when asked for `router`.
    return (this.express._router ?? this.express.router)?.stack ?? [];
  }
}

function takesPosts({ route }: ExpressLayer): boolean {
  return Boolean(route?.methods.post ?? route?.methods._all);
}
