"""The style sheet of the report page."""

CSS = """
:root { color-scheme: light; --ink: #1d2a24; --soft: #5d6b64; --line: #dfe5e1; --accent: #2e7d50; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f6f4; color: var(--ink); font: 16px/1.5 "Segoe UI", "Noto Sans", sans-serif; }
main { max-width: 60rem; margin: 0 auto; padding: 2rem 1rem 4rem; }
header { border-left: 6px solid var(--accent); padding: .2rem 0 .2rem 1.2rem; margin-bottom: 1.5rem; }
h1 { font-size: 1rem; font-weight: 600; color: var(--soft); margin: 0 0 .3rem; }
h2 { font-size: 1.1rem; margin: 0 0 .8rem; }
.headline { font-size: 1.3rem; line-height: 1.4; margin: 0; }
section { background: #fff; border: 1px solid var(--line); border-radius: 8px; padding: 1.2rem 1.4rem; margin: 1rem 0; }
section p { color: var(--soft); margin: .8rem 0 0; max-width: 48rem; }
.honest { border-left: 6px solid #d9a400; }
.honest p { color: var(--ink); margin-top: .4rem; }
.notes { border-left: 6px solid #c0503c; }
.notes ul { margin: 0; padding-left: 1.2rem; }
.figure { width: 100%; max-width: 46rem; display: block; font-size: 14px; }
.figure .name { text-anchor: end; fill: var(--ink); }
.figure .value { fill: var(--ink); font-weight: 600; }
.figure .tick { text-anchor: middle; fill: var(--soft); font-size: 12px; }
.figure .end { text-anchor: end; }
.figure .grid { stroke: var(--line); }
.figure .line { fill: none; stroke-width: 2; }
.figure .line.ideal { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 4; }
.figure .line.before { stroke: #b07a00; }
.figure .line.after { stroke: #2e7d50; }
.figure .line.guess { stroke: #2e7d50; stroke-dasharray: 6 5; }
.figure .line.spread { stroke: #8fb5a0; stroke-width: 1.5; }
.figure .dot { fill-opacity: .75; }
.figure .dot.before { fill: #b07a00; }
.figure .dot.after { fill: #2e7d50; }
.key::before { content: ""; display: inline-block; width: .8em; height: .8em; border-radius: 50%; margin-right: .35em; }
.key.before::before { background: #b07a00; }
.key.after::before { background: #2e7d50; }
.figure .bar0 { fill: #2e7d50; }
.figure .bar1 { fill: #8fb5a0; }
.figure .bar2 { fill: #c3cbc7; }
.figure .whisker { stroke: var(--ink); stroke-width: 1.5; fill: none; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; width: 100%; }
th, td { padding: .4rem .6rem; border-bottom: 1px solid var(--line); text-align: right; }
th { font-weight: 600; }
th:first-child { text-align: left; }
thead th { color: var(--soft); font-size: .85rem; vertical-align: bottom; }
.total th, .total td { border-bottom: 0; font-weight: 600; }
.words { text-align: left; color: var(--soft); }
.scroll { overflow-x: auto; }
.confusion { width: auto; }
.confusion td { text-align: center; min-width: 5rem; border: 2px solid #fff; }
.confusion thead th { text-align: center; }
td small { display: block; white-space: nowrap; color: var(--soft); font-size: .75rem; }
.confusion td small { color: inherit; opacity: .8; }
.confusion .dark { color: #fff; }
.swatch { display: inline-block; width: .9em; height: .9em; border-radius: 3px; margin-right: .5em;
  border: 1px solid rgba(0, 0, 0, .25); vertical-align: -.08em; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .3rem 1.2rem; margin: 0; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media print { body { background: #fff; } section { break-inside: avoid; } }
"""
