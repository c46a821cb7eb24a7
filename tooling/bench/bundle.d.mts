export function bundle(name: string, what: 'built' | 'source'): Promise<string>
