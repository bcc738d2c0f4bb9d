/** Something the paper shows its model do, and the turns that ask for it. */
export interface Ability {
  readonly name: string;
  /** Questions of one conversation, in order; the last answer is what counts. */
  readonly turns: readonly string[];
}

/** The abilities of the paper's section 4, asked for as in its figures (in brackets). */
export const paperAbilities: readonly Ability[] = [
  { name: 'detailed description', turns: ['Describe this image as detailed as possible.'] }, // (2)
  { name: 'meme', turns: ['Describe this image.', 'Explain why this image is funny.'] }, // (3)
  {
    name: 'website from a sketch',
    turns: [
      'Write brief HTML/JS to turn this mock-up into a colorful website, where the jokes are replaced by a real joke',
    ],
  }, // (5)
  { name: 'fixing a problem', turns: ['Why this happens and how to fix it?'] }, // (6)
  { name: 'poem', turns: ['Can you write me a beautiful poem about this image?'] }, // (7)
  {
    name: 'rhyme',
    turns: ['Can you write me a master rap song that rhymes very well based on this image?'],
  }, // (7)
  { name: 'story', turns: ['Can you write a story around this image for my child?'] }, // (8)
  { name: 'advertisement', turns: ['Help me write an advertisement for this.'] }, // (9)
  {
    name: 'facts',
    turns: ['Can you give me a detailed introduction to this painting, and also the artist?'],
  }, // (12)
  { name: 'recipe', turns: ['How should I make something like this?'] }, // (13)
];
