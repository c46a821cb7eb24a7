import MagicString, { Bundle } from 'magic-string'
import ts from 'typescript'
import { DECLARED } from './rewrite-source.mjs'

/**
 * The bundle of what `rewriteSource` wrote, with those classes as one function: what were fields are its variables, what were methods are
 * functions in it, constructors run in the order in which they did, and the public members of the face are what it returns. Whatever
 * else uses one of those names moves into it.
 */
export const joinClasses = (code, { root, face, classes }, fileName) => {
  const file = ts.createSourceFile(fileName, code, ts.ScriptTarget.Latest, true)
  const source = new MagicString(code, { filename: fileName })
  const rows = file.statements.map((statement) => ({
    statement,
    names: namesIn(statement),
    declares: statement.declarationList?.declarations.map(({ name }) => name.text) ?? [statement.name?.text],
  }))
  const isSingle = (name) => name === face || classes.includes(name)
  const isMember = (name) => name.includes('$') && isSingle(name.slice(0, name.indexOf('$')))
  const bodyOf = (name) => {
    const found = rows.find(({ declares }) => declares[0] === name)?.statement
    const body = found?.declarationList?.declarations[0].initializer ?? found
    if (!body || !ts.isClassLike(body)) throw new TypeError(`there is no class ${name} in the bundle`)
    return body
  }

  rewrite(file, (node) => {
    if (ts.isIdentifier(node) && node.text.endsWith(DECLARED))
      source.remove(node.getEnd() - DECLARED.length, node.getEnd())
    if (ts.isMethodDeclaration(node) || ts.isGetAccessor(node)) {
      if (isMember(node.name.getText())) source.appendLeft(node.body.getStart(), '=> ')
    }
    if (isNew(node, face)) {
      const [made] = node.arguments
      source.remove(node.getStart(), made.expression.getStart()).remove(made.getEnd(), node.getEnd())
    }
  })
  const bundle = new Bundle({ separator: '\n' })
  const add = (from, to, before = '', after = '') =>
    void bundle.addSource({ content: source.snip(from, to).prepend(before).append(after) })
  const addNode = (node, before, after) => add(node.getStart(), node.getEnd(), before, after)
  const addText = (text) => void bundle.addSource({ content: new MagicString(text) })

  const addFunctions = (body) => {
    for (const { name, body: block, modifiers } of body.members) {
      if (!block || !name || !isMember(name.getText())) continue
      const isAsync = modifiers?.some(({ kind }) => kind === ts.SyntaxKind.AsyncKeyword)
      refuseThis(block)
      add(name.getEnd(), block.getEnd(), `const ${name.text} = ${isAsync ? 'async ' : ''}`, ';')
    }
  }
  /** What `new` of this class does. */
  const addConstruction = (body, given) => {
    const made = (node) => node && classes.find((name) => isNew(node, name))
    const addMade = (node) => addConstruction(bodyOf(made(node)), node.arguments)
    for (const member of body.members.filter(ts.isPropertyDeclaration))
      if (made(member.initializer)) addMade(member.initializer)
      else addNode(member, 'let ')
    const constructor = body.members.find(ts.isConstructorDeclaration)
    for (const [index, { name }] of (given && constructor?.parameters)?.entries() ?? []) {
      addNode(name, 'let ', ' =')
      addNode(given[index], '', ';')
    }
    for (const statement of constructor?.body.statements ?? []) {
      refuseThis(statement)
      if (made(statement.expression)) addMade(statement.expression)
      else addNode(statement)
    }
  }

  const shells = new Map([...classes, face].map((name) => [bodyOf(name), name]))
  const isShell = ({ declares }) => isSingle(declares[0])
  const inside = movedWith(
    rows.filter((row) => !isShell(row) && !row.names.has(root)),
    isMember,
  )
  for (const row of rows) {
    if (inside.has(row)) continue
    if (!isShell(row)) addNode(row.statement)
    if (row.declares[0] !== root) continue
    const { parameters } = bodyOf(root).members.find(ts.isConstructorDeclaration)
    add(parameters[0].getStart(), parameters.at(-1).getEnd(), `function ${root}(`, ') {')
    for (const { statement } of inside) addNode(statement)
    for (const body of shells.keys()) addFunctions(body)
    addConstruction(bodyOf(root))
    addText('return {')
    for (const member of bodyOf(face).members)
      if (member.body && member.name && !isMember(member.name.getText())) addNode(member, '', ',')
    addText('};\n}')
  }
  return { code: bundle.toString(), map: bundle.generateMap({ hires: 'boundary' }).toString() }
}

const isNew = (node, name) => ts.isNewExpression(node) && node.expression.getText() === name

const rewrite = (node, edit) => {
  edit(node)
  ts.forEachChild(node, (child) => rewrite(child, edit))
}

const namesIn = (node) => {
  const names = new Set()
  rewrite(node, (child) => ts.isIdentifier(child) && names.add(child.text))
  return names
}

/** In a function of its own that is no method there is none: the object is needed for something that nobody thought of. */
const refuseThis = (node) =>
  rewrite(node, ({ kind, parent }) => {
    if (kind === ts.SyntaxKind.ThisKeyword) throw new TypeError(`this is needed as an object in ${parent.getText()}`)
  })

/** Statements that use a member, and those that use what these declare. */
const movedWith = (rows, isMember) => {
  const moved = new Set()
  for (let size = -1; size < moved.size;) {
    size = moved.size
    const declared = new Set([...moved].flatMap(({ declares }) => declares))
    for (const row of rows) if ([...row.names].some((name) => isMember(name) || declared.has(name))) moved.add(row)
  }
  return moved
}
