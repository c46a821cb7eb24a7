import { AuthFileError, type LoginFiles, parseAclFile, parsePasswordFile } from '@godwit/mqtt-broker/auth'
import { StartFailure } from './exit-codes.ts'
import type { LoginSettings } from './options.ts'
import { readText } from './read-file.ts'

/** Whether any file says who may do what. */
export const hasLoginFiles = ({ passwordFile, aclFile }: LoginSettings): boolean =>
  passwordFile !== undefined || aclFile !== undefined

/** Reads the password and the ACL file, as far as there are any. */
export const readLoginFiles = async (settings: LoginSettings): Promise<LoginFiles> => {
  const { passwordFile, aclFile, allowAnonymous } = settings
  const passwords =
    passwordFile === undefined ? undefined : await read('--password-file', passwordFile, parsePasswordFile)
  const rules = aclFile === undefined ? undefined : await read('--acl-file', aclFile, parseAclFile)
  if (passwords === undefined && rules?.dependOnUsername === true) {
    throw new StartFailure(
      'loginFile',
      `--acl-file ${aclFile} has rights for User Names, which prove nothing without passwords: add --password-file FILE`,
    )
  }
  return { passwords, rules, allowAnonymous }
}

const read = async <Parsed>(
  option: string,
  file: string,
  parse: (content: string, fileName: string) => Parsed,
): Promise<Parsed> => {
  const content = await readText(option, file)
  try {
    return parse(content, file)
  } catch (error) {
    throw AuthFileError.isInstance(error) ? new StartFailure('loginFile', error.message, error) : error
  }
}
