import ts from 'typescript'

/**
 * What the types say about classes that there is one instance of. `memberOf` tells of a property which member of them it is, `singleOf`
 * whether a value is the instance of one of them, also where it is known by an interface of our own that its class implements.
 */
export const readClasses = ({ entry, root, face, classes, internalTypes, isOwn }) => {
  const program = ts.createProgram([entry], {
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    customConditions: ['godwit-source', 'browser'],
    allowImportingTsExtensions: true,
    noEmit: true,
    strict: true,
    skipLibCheck: true,
  })
  const checker = program.getTypeChecker()
  /** By name. */
  const declared = new Map()
  /** Of classes and interfaces: which class it is. */
  const single = new Map()

  const addInterfacesOf = (type, name) => {
    for (const declaration of type.symbol?.declarations ?? []) {
      if (!ts.isInterfaceDeclaration(declaration) || !isOwn(declaration.getSourceFile().fileName)) continue
      single.set(declaration, name)
      for (const base of checker.getBaseTypes(type) ?? []) addInterfacesOf(base, name)
    }
  }
  /** Internal types, with the names of their properties that are not. */
  const internal = new Map()
  const namesFromOutside = ({ heritageClauses = [] }) =>
    heritageClauses
      .flatMap(({ types }) => types.map((each) => checker.getTypeAtLocation(each)))
      .filter(({ symbol }) => !symbol.declarations.some((each) => isOwn(each.getSourceFile().fileName)))
      .flatMap((type) => type.getProperties().map(({ name }) => name))
  for (const file of program.getSourceFiles())
    for (const statement of file.isDeclarationFile ? [] : file.statements) {
      const isType = ts.isClassDeclaration(statement) || ts.isInterfaceDeclaration(statement)
      if (isType && internalTypes.includes(statement.name.text))
        internal.set(statement, new Set(namesFromOutside(statement)))
      const name = ts.isClassDeclaration(statement) && statement.name?.text
      if (name !== face && !classes.includes(name)) continue
      declared.set(name, statement)
      single.set(statement, name)
      if (name === face) continue
      const interfaces = (statement.heritageClauses ?? []).flatMap(({ types }) => [...types])
      for (const each of interfaces) addInterfacesOf(checker.getTypeAtLocation(each), name)
    }
  for (const name of [...classes, face]) if (!declared.has(name)) throw new TypeError(`there is no class ${name}`)

  /** The name of the class that this type is the only instance of. Whoever has the face is outside, and it stays a value. */
  const singleOf = (given) => {
    const type = checker.getNonNullableType(given)
    if (type.aliasSymbol?.name === 'Pick') return singleOf(type.aliasTypeArguments[0])
    return type.symbol?.declarations?.map((each) => single.get(each)).find((name) => name && name !== face)
  }

  const memberOf = (symbol) => {
    const of = symbol?.declarations?.map(({ parent }) => single.get(parent)).find(Boolean)
    if (!of) return undefined
    const own = symbol.name.replace(/^__#\d+@/, '')
    const member = declared.get(of).members.find(({ name }) => name?.getText() === own)
    if (!member) throw new TypeError(`${of} has no ${own}`)
    if (of === face && !ts.isPrivateIdentifier(member.name)) return undefined
    const isMethod = ts.isMethodDeclaration(member)
    return {
      declaration: member,
      name: nameOfMember(of, own),
      read: nameOfMember(of, own) + (ts.isGetAccessor(member) ? '()' : ''),
      isSingle: singleOf(checker.getTypeAtLocation(member)) !== undefined,
      isConstant: isMethod || !!member.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ReadonlyKeyword),
    }
  }
  /** What an internal property is called until it gets its short name; undefined of others. */
  const shortNameOf = (symbol) => {
    const of = symbol?.declarations?.map(({ parent }) => internal.get(parent)).find(Boolean)
    return of && !of.has(symbol.name) && /^\w+$/.test(symbol.name) ? symbol.name + INTERNAL : undefined
  }
  const typeOf = (node) => checker.getTypeAtLocation(node)
  return {
    program,
    checker,
    root,
    face,
    classes,
    declared,
    memberOf,
    shortNameOf,
    isSingle: (node) => !!singleOf(typeOf(node)),
    typeOf,
  }
}

/** What a member is called where there are no objects any more. A private one and a public one may have the same name. */
export const nameOfMember = (of, name) => `${of}$${name.replace('#', '_')}`

/** Behind the names of internal properties, so that esbuild finds them. */
export const INTERNAL = '$internal'
