/**
 * What a model generated, as the answer to show and to record: the text before the first `###`, without an `Assistant:`
 * in front, trimmed (`answer` of conversation.py). The original takes what follows the *last* `Assistant:`, and so
 * loses everything before when an answer itself contains that word; here only a leading one goes.
 */
export function cleanAnswer(text: string): string {
  const [before = ''] = text.split('###', 1);
  return before
    .trim()
    .replace(/^Assistant:/, '')
    .trim();
}
