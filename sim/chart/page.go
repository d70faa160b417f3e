package chart

import (
	"fmt"
	"html"
	"io"
)

// Page writes one document with the given body, which is HTML.
func Page(w io.Writer, title, body string) error {
	_, err := fmt.Fprintf(w, `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>%s</title><style>
%s</style></head><body>
%s</body></html>
`, html.EscapeString(title), style, body)
	return err
}

// style has the colours of both schemes; those of lines keep apart for colour-blind eyes (Okabe and Ito).
const style = `:root{color-scheme:light dark;--bg:#fff;--card:#fff;--fg:#1b1f23;--dim:#57606a;--rule:#d8dee4;
--s0:#0072b2;--s1:#c04e00;--s2:#007a58;--s3:#a8487f;--s4:#8a6500;--s5:#2b8cbe;--s6:#555;--s7:#6f4bb3;
--good:#4c9f70;--bad:#d1495b;--gone:#8d96a0;--faint:#d9dde1;--heat0:#e9eef2;--heat1:#fdd49e;--heat2:#fc8d59;--heat3:#d7301f;--heat4:#7f0000}
@media(prefers-color-scheme:dark){:root{--bg:#0d1117;--card:#151b23;--fg:#e6edf3;--dim:#9da7b1;--rule:#2d353e;
--s0:#58b4ee;--s1:#f0883e;--s2:#2fbf8f;--s3:#e08dbf;--s4:#e3b341;--s5:#9cd6f5;--s6:#b0b8c0;--s7:#b69af2;
--good:#3f8f63;--bad:#e5606f;--gone:#7d8590;--faint:#343b43;--heat0:#222a33;--heat1:#6b3a1e;--heat2:#b8541f;--heat3:#f08a3c;--heat4:#ffe0b5}}
*{box-sizing:border-box}body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:84rem;padding:1rem;background:var(--bg);color:var(--fg)}
h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}h2{font-size:1.4rem;margin:3rem 0 .5rem;padding-top:1rem;border-top:1px solid var(--rule)}h3{font-size:1.15rem;margin:1.8rem 0 .6rem}p{max-width:46rem;margin:.4rem 0}
.dim,.note{color:var(--dim)}.note{font-size:.85rem}.warn,.BROKEN{color:var(--bad);font-weight:600}.held{color:var(--good)}
.charts{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,22rem),1fr));gap:1rem;align-items:start}
figure{margin:0;padding:.9rem;border:1px solid var(--rule);border-radius:8px;background:var(--card);min-width:0}
figcaption{font-weight:600;margin-bottom:.4rem}.charts.wide{grid-template-columns:repeat(auto-fill,minmax(min(100%,30rem),1fr))}figure>svg{display:block;width:100%;max-width:34rem;height:auto}
svg text{font:11.5px system-ui,sans-serif;fill:var(--dim)}svg text.axis{fill:var(--fg)}
.grid,.base{stroke:var(--rule);fill:none}.base{stroke:var(--dim)}
.line{fill:none;stroke:currentColor;stroke-width:1.8;stroke-linejoin:round}.expected{stroke-dasharray:5 4}
.mark{fill:currentColor;stroke:currentColor}.sure{stroke:currentColor;stroke-width:3;opacity:.35}.band{fill:currentColor;opacity:.15}
.s0{color:var(--s0)}.s1{color:var(--s1)}.s2{color:var(--s2)}.s3{color:var(--s3)}.s4{color:var(--s4)}.s5{color:var(--s5)}.s6{color:var(--s6)}.s7{color:var(--s7)}
.good{fill:var(--good)}.bad{fill:var(--bad)}.gone{fill:var(--gone)}.faint{fill:var(--faint)}.under{fill:var(--fg)}.frame{stroke:var(--rule)}
.heat0{fill:var(--heat0)}.heat1{fill:var(--heat1)}.heat2{fill:var(--heat2)}.heat3{fill:var(--heat3)}.heat4{fill:var(--heat4)}
.legend{display:flex;flex-wrap:wrap;gap:.15rem 1rem;list-style:none;padding:0;margin:.4rem 0;font-size:.85rem}.legend svg{margin-right:.4rem;vertical-align:-1px}
.table{overflow-x:auto;margin:.5rem 0}table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.9rem}
th,td{text-align:left;vertical-align:top;padding:.3rem 1rem .3rem 0;border-bottom:1px solid var(--rule)}thead th{color:var(--dim);font-weight:600}
td small{display:block;color:var(--dim);white-space:nowrap}tbody th{font-weight:400;min-width:9rem;max-width:26rem}summary{cursor:pointer;color:var(--dim);font-size:.85rem;margin-top:.3rem}
`
