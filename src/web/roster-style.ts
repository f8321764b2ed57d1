/** How a printed roster looks: black on white, A4 or Letter, times readable at arm's length, a margin to write in. Pure text; the page allows it by its hash. */
export const ROSTER_STYLE = `
@page { margin: 14mm 13mm 15mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt "Helvetica Neue", Arial, sans-serif } }
:root { color-scheme: light }
* { box-sizing: border-box }
body { margin: 0 auto; padding: 28px 36px 40px; max-width: 1060px; color: #000; background: #fff;
  font: 11pt/1.35 "Helvetica Neue", Arial, "Liberation Sans", sans-serif; font-variant-numeric: tabular-nums }
article + article { margin-top: 48px; break-before: page }
.paper { display: none }
nav { display: flex; flex-wrap: wrap; gap: 6px 18px; align-items: baseline; margin-bottom: 24px; font-size: 10pt }
nav a { color: #000 } nav form { margin: 0 0 0 auto }
nav button { padding: 2px 10px; font: inherit; color: #000; background: #fff; border: 1px solid #000; border-radius: 3px }
header { display: flex; justify-content: space-between; align-items: flex-end; gap: 24px; padding-bottom: 10px; border-bottom: 2.5px solid #000 }
h1 { margin: 0; font-size: 22pt; line-height: 1.1; font-weight: 700; letter-spacing: -0.01em }
header p { margin: 0; font-size: 10pt; text-align: right }
section { padding-top: 16px }
h2 { margin: 0; font-size: 14pt; line-height: 1.2; font-weight: 700; break-after: avoid }
h2::first-letter { text-transform: uppercase }
.day { margin: 2px 0 10px; font-size: 10.5pt; break-after: avoid }
.day strong { font-weight: 600 }
table { width: 100%; border-collapse: collapse; table-layout: fixed }
col.time { width: 19% } col.visit { width: 31% } col.room { width: 17.5% } col.with { width: 18.5% } col.notes { width: 14% }
thead { display: table-header-group }
th { padding: 0 12px 4px 0; font-size: 8.5pt; font-weight: 600; text-align: left; letter-spacing: 0.06em; text-transform: uppercase; border-bottom: 1px solid #000 }
td { padding: 9px 12px 10px 0; vertical-align: top; border-bottom: 1px solid #999; overflow-wrap: anywhere }
tr { break-inside: avoid }
td.time { font-size: 15.5pt; line-height: 1.15; font-weight: 700; white-space: nowrap }
td.time small { display: block; margin-top: 3px; font-size: 9.5pt; font-weight: 400 }
td.visit b { margin-right: 4px; font-size: 13pt; line-height: 1.2; font-weight: 700 }
td.room { padding-top: 11px; font-size: 11pt; font-weight: 700; hyphens: auto }
td.with { font-size: 10pt } td.with div + div { margin-top: 2px }
td.with span { display: block; font-size: 8.5pt; line-height: 1.2 }
td.notes { border-left: 1px dotted #777 } th.notes { padding-left: 10px }
.flags { display: inline-flex; flex-wrap: wrap; gap: 4px; vertical-align: 1px }
.flags span { padding: 1px 6px; font-size: 8.5pt; line-height: 1.35; font-weight: 700; border: 1.4px solid #000; border-radius: 3px }
tr.moved td { border-top: 2.5px double #000; border-bottom: 2.5px double #000 }
tr.moved td.time, tr.off td.time { font-weight: 400 }
tr.off td.time span { text-decoration: line-through }
tr.gap td { padding: 4px 0 5px; font-size: 10pt; font-style: italic }
tr.gap td span { font-style: normal; display: inline-block; width: 19% }
.nothing { margin: 18px 0; font-size: 12pt }
footer { margin-top: 18px; padding-top: 8px; font-size: 9pt; border-top: 1px solid #000; break-inside: avoid }
@media print { body { padding: 0; max-width: none } article + article { margin-top: 0 } .screen, nav { display: none } .paper { display: inline }
  section { padding-top: 12px } td { padding: 5px 12px 6px 0 } td.room { padding-top: 7px }
  tr.gap td { padding: 1px 0 2px; font-size: 9pt } footer { margin-top: 10px; break-before: avoid } }
@media screen and (max-width: 640px) { body { padding: 16px } header { display: block } header p { margin-top: 6px; text-align: left }
  table, tbody, tr, td { display: block } colgroup, thead, td.notes { display: none } td { padding: 0; border: 0 } tr { padding: 10px 0 12px; border-bottom: 1px solid #999 }
  tr.moved { border: solid #000; border-width: 2.5px 0 } tr.moved td { border: 0 } td.time { margin-bottom: 4px } td.room { padding-top: 4px } td.with { padding-top: 2px } td.with div { display: inline-block; margin: 2px 16px 0 0 } tr.gap td { padding: 0 } tr.gap td span { width: auto; margin-right: 10px } }
`
