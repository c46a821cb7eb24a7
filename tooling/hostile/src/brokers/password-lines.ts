import { pbkdf2Sync } from 'node:crypto'

/** A password file as mosquitto_passwd writes it: `$7$`, PBKDF2 with SHA-512. */
export const passwordLines = (users: Readonly<Record<string, string>>, iterations = 101): string =>
  Object.entries(users)
    .map(([username, password], place) => {
      const salt = Buffer.alloc(12, place + 1)
      const hash = pbkdf2Sync(password, salt, iterations, 64, 'sha512')
      return `${username}:$7$${iterations}$${salt.toString('base64')}$${hash.toString('base64')}\n`
    })
    .join('')
