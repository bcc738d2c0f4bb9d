const hints: Record<string, string> = {
  tiny: 'A very small model. It knows simple drawings, such as emoji and clip art, but not photographs, and loses the thread after about five questions.',
};

/** One sentence that tells a newcomer what the model can see. */
export function modelHint(name: string): string {
  return hints[name] ?? 'Answers can be wrong: check what matters.';
}
