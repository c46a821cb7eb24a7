import MagicString from 'magic-string'
import ts from 'typescript'
import { nameOfMember } from './read-classes.mjs'

/** Behind a name that is declared here: a bundler takes the name itself for a global, and would rename the declaration. */
export const DECLARED = '$$'

/**
 * One file with every `object.member` of these classes as a name, and without the objects: as arguments, parameters, fields and variables they
 * are left out. The classes themselves stay, their members renamed, for `joinClasses`. Undefined where nothing changes.
 */
export const rewriteSource = (known, fileName) => {
  const { program, checker, root, face, classes, declared, memberOf, shortNameOf, isSingle, typeOf } = known
  const file = program.getSourceFile(fileName)
  if (!file) return undefined
  const source = new MagicString(file.text)
  const symbolOf = (node) => checker.getSymbolAtLocation(node)
  /** What a variable is called from now on, by its symbol. */
  const renamed = new Map()
  /** Fields that are their constructor's parameter, and the statements that make them so. */
  const folded = new Set()

  const visitAll = (nodes) => {
    for (const node of nodes) visit(node)
  }
  const visitChildren = (node) => ts.forEachChild(node, (child) => void visit(child))
  const remove = (node) => void source.remove(node.getFullStart(), node.getEnd())
  const replace = (node, text) => void source.overwrite(node.getStart(), node.getEnd(), text)
  const isNewSingle = (node) => !!node && ts.isNewExpression(node) && classes.includes(node.expression.getText())

  const foldConstructor = (of) => {
    const body = declared.get(of).members.find(ts.isConstructorDeclaration)
    if (!body) return
    const rename = (name) => {
      if (ts.isIdentifier(name)) renamed.set(symbolOf(name), nameOfMember(of, `new_${name.text}`) + DECLARED)
      else for (const element of name.elements) rename(element.name)
    }
    for (const parameter of body.parameters) rename(parameter.name)
    for (const statement of body.body.statements)
      if (ts.isVariableStatement(statement))
        for (const each of statement.declarationList.declarations) rename(each.name)
    for (const statement of body.body.statements) {
      const { left, right } = statement.expression ?? {}
      if (!left || !ts.isIdentifier(right) || !renamed.has(symbolOf(right))) continue
      const field = memberOf(symbolOf(left.name))
      if (!field?.isConstant || field.isSingle) continue
      renamed.set(symbolOf(right), field.name + DECLARED)
      folded.add(statement).add(field.declaration)
    }
  }

  const visitClass = (node) => {
    const own = declared.get(node.name.text) === node ? node.name.text : undefined
    for (const member of node.members) {
      const isObject = ts.isPropertyDeclaration(member) && isSingle(member) && !isNewSingle(member.initializer)
      if (isObject || folded.has(member)) {
        remove(member)
        continue
      }
      const isInside = own !== face || (member.name && ts.isPrivateIdentifier(member.name))
      if (own && isInside && member.name) replace(member.name, nameOfMember(own, member.name.getText()))
      else if (member.name) shorten(member.name, symbolOf(member.name))
      ts.forEachChild(member, (child) => void (child === member.name || visit(child)))
      if (member.parameters) leaveOut(member.parameters, isSingle)
    }
  }
  const shorten = (name, symbol) => {
    const short = shortNameOf(symbol)
    if (short) replace(name, short)
  }
  const leaveOut = (list, isGone) => {
    const kept = list.filter((each) => !isGone(each))
    for (const [index, each] of list.entries()) {
      if (!isGone(each)) continue
      const isBehindAll = list.slice(index).every(isGone)
      if (!isBehindAll) source.remove(each.getStart(), list[index + 1].getStart())
      else source.remove(kept.length > 0 && index > 0 ? list[index - 1].getEnd() : each.getStart(), each.getEnd())
    }
  }

  /** The property that this one of a literal becomes. */
  const wantedOf = ({ name, parent }) => {
    const type = checker.getContextualType(parent)
    return type && checker.getNonNullableType(type).getProperty(name.getText())
  }

  /** `const { a, b } = object`: what never changes is meant directly, the others are read here. */
  const visitParts = (statement, { name, initializer }) => {
    if (ts.isIdentifier(name)) return remove(statement)
    const read = []
    for (const element of name.elements) {
      const property = (element.propertyName ?? element.name).text
      const member = memberOf(checker.getPropertyOfType(checker.getNonNullableType(typeOf(initializer)), property))
      if (!member || element.initializer) throw new TypeError(`cannot take ${element.getText()} out of an object`)
      if (member.isSingle) continue
      if (member.isConstant) renamed.set(symbolOf(element.name), member.name)
      else read.push(`${element.name.text} = ${member.read}`)
    }
    return read.length > 0 ? replace(statement, `const ${read.join(', ')}`) : remove(statement)
  }

  const visitCall = (node) => {
    visit(node.expression)
    const isLeftOut = (argument) =>
      isSingle(argument) && !(isNewSingle(argument) && argument.expression.getText() === root)
    const given = node.arguments ?? []
    const { parameters } = checker.getResolvedSignature(node)
    for (const [index, argument] of given.entries())
      if (isLeftOut(argument) && parameters[index] && !isSingle(parameters[index].valueDeclaration))
        throw new TypeError(`${argument.getText()} is needed as an object in ${node.getText()}`)
    visitAll(given.filter((argument) => !isLeftOut(argument)))
    leaveOut(given, isLeftOut)
  }

  const visit = (node) => {
    if (ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return undefined
    if (ts.isImportDeclaration(node)) return undefined
    if (folded.has(node)) return remove(node)
    if (ts.isClassDeclaration(node)) return visitClass(node)
    if (ts.isPropertyAccessExpression(node)) {
      const member = memberOf(symbolOf(node.name))
      if (!member) {
        shorten(node.name, symbolOf(node.name))
        return visit(node.expression)
      }
      source.remove(node.getStart(), node.name.getStart())
      return replace(node.name, member.read)
    }
    if (ts.isExpressionStatement(node) && ts.isBinaryExpression(node.expression)) {
      const { left, right, operatorToken } = node.expression
      if (operatorToken.kind !== ts.SyntaxKind.EqualsToken || !isSingle(left)) return visitChildren(node)
      if (!isNewSingle(right)) return remove(node)
      source.remove(node.getStart(), right.getStart())
      return visit(right)
    }
    if (ts.isVariableStatement(node)) {
      const [first] = node.declarationList.declarations
      const isObject = first.initializer && isSingle(first.initializer) && !ts.isNewExpression(first.initializer)
      return isObject ? visitParts(node, first) : visitChildren(node)
    }
    if (ts.isNewExpression(node) || ts.isCallExpression(node)) return visitCall(node)
    if (ts.isFunctionLike(node)) {
      visitChildren(node)
      return leaveOut(node.parameters, isSingle)
    }
    if (ts.isPropertyAssignment(node)) {
      shorten(node.name, wantedOf(node))
      return visit(node.initializer)
    }
    if (ts.isShorthandPropertyAssignment(node)) {
      const { text } = node.name
      const value = renamed.get(checker.getShorthandAssignmentValueSymbol(node)) ?? text
      const name = shortNameOf(wantedOf(node)) ?? text
      return (name !== text || value !== text) && replace(node, `${name}: ${value}`)
    }
    if (ts.isBindingElement(node) && ts.isObjectBindingPattern(node.parent)) {
      const property = node.propertyName ?? node.name
      const short = shortNameOf(checker.getTypeAtLocation(node.parent).getProperty(property.text))
      const name = renamed.get(symbolOf(node.name))
      if (node.propertyName) {
        if (short) replace(property, short)
        visit(node.name)
      } else if (short || name) replace(node.name, `${short ?? property.text}: ${name ?? property.text}`)
      return node.initializer && visit(node.initializer)
    }
    if (ts.isIdentifier(node)) return renamed.has(symbolOf(node)) && replace(node, renamed.get(symbolOf(node)))
    return visitChildren(node)
  }

  for (const of of classes) if (declared.get(of).getSourceFile() === file) foldConstructor(of)
  visitAll(file.statements)
  if (!source.hasChanged()) return undefined
  const map = source.generateMap({ source: fileName, includeContent: true, hires: 'boundary' })
  return `${source.toString()}\n//# sourceMappingURL=${map.toUrl()}`
}
