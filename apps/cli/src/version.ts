import packageJson from '../package.json' with { type: 'json' }

/**
 * What `mqtt --version` prints. It names the product: npm has a package `mqtt` of somebody else whose command has the same
 * name, and a user must be able to tell which of the two answered.
 */
export const versionLine = `mqtt (Godwit) ${packageJson.version}`
