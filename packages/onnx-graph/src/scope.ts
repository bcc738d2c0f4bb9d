/** Module path under which nodes are being made; graph building is synchronous, so one variable is enough. */
let current = '';

/** The module path of nodes made now, such as `/blocks/0/attn`. */
export function currentScope(): string {
  return current;
}

/** Runs `build` with `path` as the module path, whatever it was before: for layers, which know their full path. */
export function atScope<T>(path: string, build: () => T): T {
  const outer = current;
  current = path;
  try {
    return build();
  } finally {
    current = outer;
  }
}

/** Runs `build` with `name` appended to the module path, so that the nodes it makes are named after their module. */
export function inScope<T>(name: string, build: () => T): T {
  return atScope(name === '' ? current : `${current}/${name}`, build);
}
