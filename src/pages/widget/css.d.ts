/** The build makes a style sheet of the widget a text, without what a browser does not need. */
declare module '*.css' {
  const style: string
  export default style
}
