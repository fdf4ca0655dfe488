/** The items of a list that is separated by commas, without the empty ones. */
export const splitList = (list = ''): string[] => list.split(',').flatMap((item) => item.trim() || [])
