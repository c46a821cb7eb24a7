import ts from 'typescript'

/** @typedef {{ text: string, line: number }} Title */

/** Callees whose first argument is a title, or part of one; a suite's holds for its tests too. */
const TITLED = /^(it|test|describe|describeWithPeers|[a-zA-Z]+Compliance)$/

/**
 * The titles of a file's tests and suites, read without running it. Of a table of cases (`it.each(table)('$title', …)`) every
 * text in the table counts, where the title has a place for it.
 *
 * @param {string} file
 * @param {string} source
 * @returns {Title[]}
 */
export function titlesIn(file, source) {
  const tree = ts.createSourceFile(file, source, ts.ScriptTarget.Latest, true)
  /** @type {Title[]} */
  const titles = []
  const declared = declarationsOf(tree)

  /** @param {ts.Node} node */
  const collect = (node) => {
    if (ts.isStringLiteralLike(node) || ts.isTemplateHead(node) || ts.isTemplateMiddleOrTemplateTail(node)) {
      titles.push({ text: node.text, line: tree.getLineAndCharacterOfPosition(node.getStart()).line + 1 })
    }
    ts.forEachChild(node, collect)
  }

  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isCallExpression(node)) {
      const [title] = node.arguments
      const table = tableOf(node.expression)
      if (title !== undefined && isTitled(node.expression)) {
        collect(title)
        if (table !== undefined && /[$%]/.test(title.getText())) collect(resolved(table, declared))
      }
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return titles
}

/** @param {ts.Expression} callee */
function isTitled(callee) {
  let root = callee
  while (ts.isPropertyAccessExpression(root) || ts.isCallExpression(root)) root = root.expression
  return ts.isIdentifier(root) && TITLED.test(root.text) && !isEach(callee)
}

/** `it.each(table)` is the callee of the call that has the title. @param {ts.Expression} callee */
const tableOf = (callee) => (ts.isCallExpression(callee) && isEach(callee.expression) ? callee.arguments[0] : undefined)

/** @param {ts.Expression} callee */
const isEach = (callee) =>
  ts.isPropertyAccessExpression(callee) && (callee.name.text === 'each' || callee.name.text === 'for')

/**
 * A table that has a name, where this file declares it.
 *
 * @param {ts.Expression} table
 * @param {Map<string, ts.Expression>} declared
 */
const resolved = (table, declared) => (ts.isIdentifier(table) ? (declared.get(table.text) ?? table) : table)

/** @param {ts.SourceFile} tree */
function declarationsOf(tree) {
  /** @type {Map<string, ts.Expression>} */
  const declared = new Map()
  /** @param {ts.Node} node */
  const visit = (node) => {
    if (ts.isVariableDeclaration(node) && ts.isIdentifier(node.name) && node.initializer !== undefined)
      declared.set(node.name.text, node.initializer)
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return declared
}
