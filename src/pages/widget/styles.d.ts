/** The text of a style sheet, which the build minifies and inlines into the script. */
declare module '*.css' {
  const text: string
  export default text
}
