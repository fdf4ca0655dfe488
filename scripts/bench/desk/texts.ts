const COMMON_WORDS = (
  'the parcel order is my where please not arrived delivery we have for store thank you hello number refund with ' +
  'and on in can it customer address today returned invoice payment received yes no wait checking moment help sent tracking'
).split(' ')
const SYLLABLES = (
  'ka lo mi tra ne vo su di be go pu ra zen ni tu wa xe yo hi ro ja me fi que le chon sa bra ti gro do vem bu la sti ' +
  'per mon ker dul for'
).split(' ')

const WORDS = 20_000
const WORDS_OF_A_PHRASE = [2, 5] as const
/** Words of these ranks occur in some thousands of 5,000,000 messages each. */
const MIDDLE_RANKS = [1000, 10_000] as const
/** Powers of two, so that the bits of a hash choose one. */
export const PHRASES = 65_536
export const CUSTOMERS = 32_768

/** Words follow Zipf's law: the nth one is used 1 / n times as often as the first. */
const wordOfRank = (rank: number) => COMMON_WORDS[rank - 1] ?? spell(rank, 3)
/** A name has four syllables. Words have at most three, so no word contains a name. */
const nameCustomer = (id: number) => spell(id, 4)

/** Coprime to the number of syllables: each index gets other syllables, and neighbours get different ones. */
const SPREAD = 104_729

function spell(index: number, length: number): string {
  let left = (index * SPREAD) % SYLLABLES.length ** length
  let word = ''
  while (length-- > 0) {
    word += SYLLABLES[left % SYLLABLES.length] ?? ''
    left = Math.floor(left / SYLLABLES.length)
  }
  return word
}

/** Composes a phrase; three phrases are a message. */
export function composePhrase(): string {
  const draw = () => wordOfRank(Math.floor(WORDS ** Math.random()))
  return Array.from({ length: between(...WORDS_OF_A_PHRASE) }, draw).join(' ')
}
export const composeMessage = () => Array.from({ length: 3 }, composePhrase).join(' ')

export const listPhrases = () => Array.from({ length: PHRASES }, composePhrase)
export const listCustomers = () => Array.from({ length: CUSTOMERS }, (_, id) => nameCustomer(id))

const commonWord = () => wordOfRank(between(1, COMMON_WORDS.length))
const middleWord = () => wordOfRank(between(...MIDDLE_RANKS))

/** Creates searches by kind, a different one each time. The number of an order is that of its session. */
export const createQuestions = (sessions: number): Record<string, () => string> => ({
  'a rare word: the name of a customer': () => nameCustomer(between(0, CUSTOMERS - 1)),
  'a common word': commonWord,
  'two words, one of them common': () => `${commonWord()} ${middleWord()}`,
  'an order number': () => String(FIRST_ORDER + between(1, sessions)),
  'a fragment of a word': () => middleWord().slice(1),
  'a common word, and a part of many order numbers': () => `${commonWord()} ${between(1000, 1249)}`,
  'a fragment without a hit, of syllables that all texts have': () => spell(between(0, 1e9), 6),
})
export const FIRST_ORDER = 1_000_000

const between = (least: number, most: number) => least + Math.floor(Math.random() * (most - least + 1))
