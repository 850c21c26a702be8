/** The look of the pages; all of it, so that they need nothing from elsewhere. */
export const style = `
:root { color-scheme: light; --ink: #1d2433; --quiet: #5a6478; --line: #dfe3ea; --accent: #1f5fbf; }
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: #f5f6f9; font: 16px/1.55 system-ui, sans-serif; }
a { color: var(--accent); }
header { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between;
  padding: .75rem max(1.25rem, calc(50vw - 30rem)); background: #fff; border-bottom: 1px solid var(--line); }
.brand { color: inherit; font-weight: 700; text-decoration: none; }
.session { display: flex; flex-wrap: wrap; gap: .5rem; align-items: center; margin: 0; }
input { width: 9rem; padding: .35rem .6rem; color: inherit; background: #fff; font: inherit; border: 1px solid #8d97a8; border-radius: 6px; }
.button { padding: .35rem .8rem; color: #fff; background: var(--accent); font: inherit; text-decoration: none;
  border: 1px solid var(--accent); border-radius: 6px; cursor: pointer; }
main { max-width: 62.5rem; margin: 0 auto; padding: 1.5rem 1.25rem 3rem; }
h1 { margin: 1rem 0 .25rem; font: 700 2.4rem/1.2 Georgia, serif; }
h2 { margin: 0 0 1rem; font-size: 1.1rem; }
.summary { max-width: 44rem; margin: 0 0 1.75rem; color: var(--quiet); }
.columns { display: grid; grid-template-columns: minmax(0, 2fr) minmax(0, 3fr); gap: 1.25rem; align-items: start; }
@media (max-width: 44rem) { .columns { grid-template-columns: 1fr; } }
section { padding: 1.25rem 1.5rem; background: #fff; border: 1px solid var(--line); border-radius: 10px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: .4rem 1.25rem; margin: 0; }
dt { color: var(--quiet); }
dd { margin: 0; overflow-wrap: anywhere; }
figure { margin: 0 0 1.25rem; }
blockquote { margin: 0; padding-left: 1rem; font: 1.05rem/1.5 Georgia, serif; border-left: 3px solid var(--line); }
figcaption { display: flex; flex-wrap: wrap; gap: 0 .75rem; padding: .4rem 0 0 1.15rem; color: var(--quiet); font-size: .92rem; }
.stars { font-size: 1.1rem; letter-spacing: .08em; }
.missing { color: #c9d0da; }
.error { color: #a3201d; }
.served { margin: 0; padding-top: .9rem; color: var(--quiet); font-size: .88rem; border-top: 1px solid var(--line); overflow-wrap: anywhere; }
`;
