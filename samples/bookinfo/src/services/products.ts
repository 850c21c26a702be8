/** The shop has one book. `descriptionHtml` is ready to be shown as it is. */
export const products = [
  {
    id: 0,
    title: "The Comedy of Errors",
    descriptionHtml:
      'Two pairs of twins, parted as infants, turn up in one town and are taken for each other all day long. <b>William Shakespeare</b>’s shortest play is among his earliest and his most farcical: slapstick, puns and mistaken identity. <a href="https://en.wikipedia.org/wiki/The_Comedy_of_Errors">More on Wikipedia</a>',
  },
] as const;
