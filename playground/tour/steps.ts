/** A walk of two minutes through the rooms, for a class or for oneself. */

export interface TourStep {
  readonly title: string;
  /** What to see, and what to try. */
  readonly text: string;
  /** The state that is shown, as an address. */
  readonly address: string;
}

export const steps: readonly TourStep[] = [
  {
    title: 'Sound becomes numbers',
    text: 'Above: how loud every pitch is, from moment to moment. Below it: forty broad bands of the same, which is all that many speech recognisers ever get. Press Microphone and say something.',
    address: '#/listen',
  },
  {
    title: 'Behind the picture: butterflies',
    text: 'Eight samples come in on the left, eight pitches go out on the right. Between them every crossing takes two numbers and makes their sum and their difference. Press Play and follow the colours.',
    address: '#/butterflies',
  },
  {
    title: 'Break one',
    text: 'One crossing is gone. See which results are wrong now, and how much error is proven for any signal. Undo is above; the keys S, R and D skip, reverse and drop the crossing that is chosen.',
    address: '#/butterflies?signal=noise&edits=1.1:drop&chosen=1.1',
  },
  {
    title: 'Nobody has to design it',
    text: 'Here all crossings begin at random. Press Train: from examples alone the network finds the transform, and its numbers walk onto the circle where the exact ones are.',
    address: '#/learn?n=16',
  },
  {
    title: 'Not all of it is needed',
    text: 'This front end does half of the work. The last picture is everything that it gets wrong. Hear both: can you tell them apart?',
    address: '#/listen?front=papilio-learned-4',
  },
  {
    title: 'How much error will you bear?',
    text: 'Every mark is a front end. Move the budget and the cheapest within it is chosen; take it away as a file for a web page or for a chip that costs less than a coffee.',
    address: '#/trade',
  },
  {
    title: 'Somebody else’s numbers',
    text: 'Two programs rarely compute the same features. Give this room a sound and what the other program made of it, and it finds the settings. Here it solves a riddle of its own.',
    address: '#/parity?riddle=2',
  },
  {
    title: 'Now you',
    text: 'Press Race to see how fast your machine is. Everything that you have seen is in the address of this page: copy it, and a friend sees the same.',
    address: '#/race',
  },
];
