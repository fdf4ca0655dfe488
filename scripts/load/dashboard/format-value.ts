const BINARY = ['', 'Ki', 'Mi', 'Gi', 'Ti']

export const isBinary = (unit: string) => unit === 'bytes' || unit === 'Bps'

/** Formats a value as Grafana does for the unit of a panel. */
export function formatValue(value: number, unit: string): string {
  if (unit === 's') return formatSeconds(value)
  if (unit === 'percentunit') return `${round(value * 100)} %`
  if (isBinary(unit)) return `${formatBytes(value)}${unit === 'Bps' ? '/s' : ''}`
  if (unit === 'ops' || unit === 'reqps') return `${formatCount(value)}/s`
  return formatCount(value)
}

const round = (value: number) => String(Number(value.toPrecision(3)))

const formatCount = (value: number) => (value >= 10_000 ? `${round(value / 1000)}k` : round(value))

function formatSeconds(value: number): string {
  if (value === 0) return '0 s'
  if (value < 1) return `${round(value * 1000)} ms`
  return value < 120 ? `${round(value)} s` : `${round(value / 60)} min`
}

function formatBytes(value: number): string {
  const power = value < 1 ? 0 : Math.min(Math.floor(Math.log2(value) / 10), BINARY.length - 1)
  return `${round(value / 1024 ** power)} ${BINARY[power] ?? ''}B`
}
