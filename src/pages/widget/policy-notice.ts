/** Logs once which origin the page's Content-Security-Policy must allow, if it has blocked this frame. */
export function createPolicyNotice({ src }: HTMLIFrameElement): (violation: SecurityPolicyViolationEvent) => void {
  let isSaid = false
  return ({ blockedURI, effectiveDirective, disposition }) => {
    // Some browsers report the frame's URL, others only its origin.
    const isAboutFrame = /^(frame|child)-src$/.test(effectiveDirective) && src.startsWith(blockedURI)
    if (isSaid || disposition === 'report' || !isAboutFrame) return
    isSaid = true
    console.error(
      `store-chat: add ${new URL(src).origin} to the ${effectiveDirective} of this page's Content-Security-Policy`,
    )
  }
}
