import type { Frame, Page } from 'playwright-core'

/** Finds elements that overflow the page or their container, except lines that end in an ellipsis. */
export const findTooWide = (page: Page | Frame): Promise<string[]> =>
  page.evaluate(() => {
    const width = document.documentElement.clientWidth
    const describe = ({ tagName, className, textContent }: Element) =>
      `${tagName.toLowerCase()}.${className} ${textContent.slice(0, 30)}`
    const ends = (element: Element) => getComputedStyle(element).textOverflow === 'ellipsis'
    /** Part of a line that ends in an ellipsis: the rest is hidden. */
    const isCut = ({ parentElement }: Element): boolean =>
      parentElement !== null && (ends(parentElement) || isCut(parentElement))
    const isTooWide = (element: HTMLElement) => {
      const { left, right, width: own } = element.getBoundingClientRect()
      if (own > 0 && (left < -1 || right > width + 1)) return true
      const { clientWidth, scrollWidth } = element
      return clientWidth > 1 && scrollWidth > clientWidth + 2 && !ends(element)
    }
    return Array.from(document.querySelectorAll<HTMLElement>('body, body *:not(svg, svg *)'))
      .filter((element) => element.closest('.unseen') === null && !isCut(element) && isTooWide(element))
      .map(describe)
  })
