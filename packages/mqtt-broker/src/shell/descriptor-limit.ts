/** For listeners, the store, logs and the runtime itself. */
const RESERVED_DESCRIPTORS = 64

interface Report {
  readonly userLimits?: { readonly open_files?: { readonly soft?: number | string } }
}

/** How many connections the process may hold: its open files, less a reserve. Infinity where nobody knows. */
export const connectionsOfProcess = (report: () => unknown = () => process.report.getReport()): number => {
  let openFiles: number | string | undefined
  try {
    openFiles = (report() as Report).userLimits?.open_files?.soft
  } catch {
    return Infinity
  }
  if (typeof openFiles !== 'number') return Infinity
  return Math.max(1, openFiles - Math.min(RESERVED_DESCRIPTORS, Math.floor(openFiles / 2)))
}
