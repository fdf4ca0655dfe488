const types: Record<string, string[]> = {
  image: ['png', 'jpg', 'jpeg', 'gif', 'webp', 'avif', 'svg', 'bmp', 'heic'],
  video: ['mp4', 'webm', 'mov', 'mkv', 'avi'],
  audio: ['mp3', 'ogg', 'oga', 'wav', 'm4a', 'flac', 'opus'],
}
const typeByExtension = new Map(
  Object.entries(types).flatMap(([type, extensions]) => extensions.map((extension) => [extension, type])),
)

/** `image`, `video`, `audio` or `file` by the ending of a URL's path; empty for no URL. */
export function guessAttachmentType(url: string): string {
  if (url === '') return ''
  const extension = /\.([a-z0-9]+)$/i.exec(new URL(url).pathname)?.[1] ?? ''
  return typeByExtension.get(extension.toLowerCase()) ?? 'file'
}
