/** The Node versions that every tool of the repository takes, in words; `engines` in the root package.json says the same. */
export const supportedNode = '20.19 or a later 20, 22.13 or a later 22, or 24 and newer';

/**
 * Whether the repository's tools run on a Node version. Old syntax only: an old Node has to be able to ask.
 *
 * @param {string} version such as `20.19.0`
 */
export function supports(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return (major === 20 && minor >= 19) || (major === 22 && minor >= 13) || major >= 24;
}
