import type { Policy } from './history.ts'

/** Whether the rights of this moment forbid a principal a topic. */
export const denies = (denials: Policy['deniedReads'], principal: string, topicName: string): boolean =>
  denials.some((denial) => denial.principal === principal && topicName.startsWith(denial.topicStart))
