import { useSignal } from '@preact/signals'
import { translate } from '../../languages/translate.js'
import { describeError } from '../../shared/describe-error.js'
import { Problem } from '../../shared/problem.js'
import type { OwnRatings } from './own-ratings.js'

interface RatingFormProps {
  sessionId: number
  ratings: OwnRatings
}

const scores = [1, 2, 3, 4, 5] as const
const LONGEST_COMMENT = 1000

/** Asks for a score from 1 to 5 and an optional comment. A rating can be changed while the service accepts it. */
export function RatingForm({ sessionId, ratings }: RatingFormProps) {
  const given = ratings.of(sessionId)
  const score = useSignal<number>()
  const comment = useSignal('')
  const isChanging = useSignal(false)
  const isBusy = useSignal(false)
  const problem = useSignal<string>()

  async function send(): Promise<void> {
    if (score.value === undefined) return
    isBusy.value = true
    problem.value = undefined
    try {
      await ratings.rate(sessionId, score.value, comment.value.trim())
      isChanging.value = false
    } catch (error) {
      problem.value = describeError(error)
    }
    isBusy.value = false
  }

  if (given !== undefined && !isChanging.value) {
    const change = () => {
      score.value = given.score
      comment.value = given.comment
      isChanging.value = true
    }
    return (
      <p class="rating-done" role="status">
        {translate('rating.thanks', { score: given.score })}{' '}
        <button type="button" class="link" onClick={change}>
          {translate('rating.change')}
        </button>
      </p>
    )
  }
  return (
    <form
      class="rating"
      onSubmit={(event) => {
        event.preventDefault()
        void send()
      }}
    >
      <fieldset>
        <legend>{translate('rating.question')}</legend>
        <div class="scores">
          {scores.map((value) => (
            <label key={value}>
              <input
                type="radio"
                name="score"
                value={value}
                required
                checked={score.value === value}
                aria-label={translate('rating.of', { score: value })}
                onChange={() => (score.value = value)}
              />
              <span aria-hidden="true" class={score.value !== undefined && value <= score.value ? 'star full' : 'star'}>
                ★
              </span>
            </label>
          ))}
        </div>
      </fieldset>
      {score.value !== undefined && (
        <div class="rating-line">
          <input
            type="text"
            maxLength={LONGEST_COMMENT}
            autocomplete="off"
            dir={comment.value === '' ? undefined : 'auto'}
            aria-label={translate('rating.comment')}
            placeholder={translate('rating.comment')}
            value={comment.value}
            onInput={({ currentTarget }) => (comment.value = currentTarget.value)}
          />
          <button type="submit" class="primary" disabled={isBusy.value}>
            {translate('rating.send')}
          </button>
        </div>
      )}
      <Problem of={problem} isPlain />
    </form>
  )
}
