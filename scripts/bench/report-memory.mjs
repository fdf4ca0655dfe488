/** Preloaded into a server: on SIGUSR2 it prints the bytes in use after a full garbage collection. Needs --expose-gc. */
process.on('SIGUSR2', () => {
  for (let pass = 0; pass < 3; pass++) globalThis.gc()
  const { heapUsed, external } = process.memoryUsage()
  console.log(heapUsed + external)
})
