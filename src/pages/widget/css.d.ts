/** The build turns a style sheet of the widget into minified text. */
declare module '*.css' {
  const style: string
  export default style
}
