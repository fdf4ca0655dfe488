/** Says once in the console what the page's Content-Security-Policy lacks, when it has refused this frame. */
export function createPolicyNotice({ src }: HTMLIFrameElement): (violation: SecurityPolicyViolationEvent) => void {
  let isSaid = false
  return ({ blockedURI, effectiveDirective, disposition }) => {
    // Some browsers name the frame's address, some only its origin.
    const isAboutFrame = /^(frame|child)-src$/.test(effectiveDirective) && src.startsWith(blockedURI)
    if (isSaid || disposition === 'report' || !isAboutFrame) return
    isSaid = true
    console.error(
      `store-chat: add ${new URL(src).origin} to the ${effectiveDirective} of this page's Content-Security-Policy`,
    )
  }
}
