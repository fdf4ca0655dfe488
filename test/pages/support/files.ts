import { type Frame, type FrameLocator, type Locator, type Page } from 'playwright-core'
import { createPng } from '../../support/files/pictures.js'

/** What people do with files on the pages. */

export interface GivenFile {
  name: string
  mimeType: string
  buffer: Buffer
}

/** A grey picture of a size. */
export const picture = (name: string, width = 8, height = 6): GivenFile => ({
  name,
  mimeType: 'image/png',
  buffer: createPng({ hasMetadata: false, width, height, rows: Buffer.alloc(height * (width + 1)) }),
})

export const textFile = (name: string, content = 'order;4711\n'): GivenFile => ({
  name,
  mimeType: 'text/plain',
  buffer: Buffer.from(content),
})

/** Chooses files by the button of the page. */
export const choose = (page: Page | FrameLocator, ...files: GivenFile[]): Promise<void> =>
  page.locator('input[type=file]').setInputFiles(files)

/** Lets go of something over an element, or pastes it there. Returns whether the page kept the browser from its own way. */
export const bring = (
  page: Page | Frame,
  kind: 'dragover' | 'dragleave' | 'drop' | 'paste',
  selector: string,
  what: { files?: GivenFile[]; text?: string },
): Promise<boolean> =>
  page.evaluate(
    ([kind, selector, files, text]) => {
      const data = new DataTransfer()
      for (const { name, type, bytes } of files) data.items.add(new File([new Uint8Array(bytes)], name, { type }))
      if (text !== undefined) data.setData('text/plain', text)
      const init = { bubbles: true, cancelable: true }
      const event =
        kind === 'paste'
          ? new ClipboardEvent(kind, { ...init, clipboardData: data })
          : new DragEvent(kind, { ...init, dataTransfer: data })
      return document.querySelector(selector)?.dispatchEvent(event) === false
    },
    [
      kind,
      selector,
      (what.files ?? []).map(({ name, mimeType, buffer }) => ({ name, type: mimeType, bytes: [...buffer] })),
      what.text,
    ] as const,
  )

/** The names of what is chosen, in order. */
export const namesChosen = (page: Page): Promise<string[]> => page.locator('.tray bdi').allTextContents()

/** The pictures in the log that have been loaded. */
export const loadedPictures = (page: Page | FrameLocator): Locator => page.locator('.entry:not(.draft) .picture img')

/** Waits until a picture is loaded, and returns its own size and the size that it is shown in. */
export async function sizesOf(image: Locator): Promise<{ own: number[]; shown: number[] }> {
  await image.waitFor()
  return image.evaluate(async (element) => {
    const image = element as HTMLImageElement
    await image.decode()
    return { own: [image.naturalWidth, image.naturalHeight], shown: [image.clientWidth, image.clientHeight] }
  })
}
