/** How the few pages look that are not for paper: one narrow column, system fonts, no colour that carries meaning. Pure text; allowed by its hash. */
export const PAGE_STYLE = `
:root { color-scheme: light dark }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 32px 20px 48px; max-width: 34rem; font: 1rem/1.5 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; color: #111; background: #fff }
h1 { margin: 0 0 1.25rem; font-size: 1.6rem; line-height: 1.2 }
h2 { margin: 1.75rem 0 .5rem; font-size: 1.1rem }
label { display: block; font-weight: 600; margin-bottom: .3rem }
input { width: 100%; padding: .6rem .7rem; font: inherit; color: inherit; background: transparent; border: 1px solid #666; border-radius: 4px }
button { margin-top: 1rem; padding: .6rem 1.2rem; font: inherit; font-weight: 600; color: #fff; background: #1a4480; border: 1px solid #1a4480; border-radius: 4px; cursor: pointer }
a { color: #1a4480 }
:focus-visible { outline: 3px solid #1a4480; outline-offset: 2px }
.hint { margin: .4rem 0 0; font-size: .9rem }
.alert { padding: .6rem .8rem; border: 2px solid #b50909; border-radius: 4px }
ul { padding: 0; list-style: none }
li { padding: .8rem 0; border-top: 1px solid #aaa }
li p { margin: 0 0 .3rem; font-weight: 600 }
li form { display: flex; gap: .5rem; align-items: end; flex-wrap: wrap; margin-top: .5rem }
li form div { flex: 1 1 9rem }
li button { margin-top: 0 }
nav a { margin-right: 1.2rem }
@media (prefers-color-scheme: dark) { body { color: #f0f0f0; background: #16181c } a { color: #9dc3ff } button { background: #2f6fd0; border-color: #2f6fd0 } :focus-visible { outline-color: #9dc3ff } input { border-color: #999 } }
`
