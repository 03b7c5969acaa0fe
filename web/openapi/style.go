package openapi

// style is the page's style sheet. It stands in the page itself, known to the policy by
// its hash, so that the page loads nothing.
const style = `
:root{color-scheme:light dark;--bg:#fff;--fg:#1b2430;--soft:#5a6675;--line:#dfe4ea;--tint:#f5f7f9;--code:#eef1f5;--mark:#0b5cad}
@media (prefers-color-scheme:dark){:root{--bg:#12171d;--fg:#e6ebf0;--soft:#9aa7b5;--line:#2c3641;--tint:#1a2129;--code:#222b35;--mark:#7ab8f5}}
*{box-sizing:border-box}
html{scroll-padding-top:1rem}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans CJK SC",sans-serif}
a{color:var(--mark);text-decoration:none}a:hover{text-decoration:underline}
code,pre{font:13px/1.5 ui-monospace,Menlo,Consolas,monospace}
code{background:var(--code);padding:.1em .35em;border-radius:4px;overflow-wrap:anywhere}
pre{background:var(--tint);border:1px solid var(--line);border-radius:8px;padding:.9rem 1rem;margin:.5rem 0;overflow:auto;max-height:28rem}
.page{display:grid;grid-template-columns:17rem minmax(0,1fr);max-width:90rem;margin:0 auto}
nav{position:sticky;top:0;height:100vh;overflow:auto;padding:1.5rem 1rem 3rem 1.5rem;border-right:1px solid var(--line);font-size:13.5px}
nav h2{font-size:12px;letter-spacing:.04em;color:var(--soft);margin:1.2rem 0 .3rem}
nav ol{list-style:none;margin:0;padding:0}nav li a{display:flex;gap:.5rem;padding:.18rem 0;color:var(--fg)}
nav .m{flex:0 0 3.1rem;font-size:11px;line-height:1.9}
main{padding:2rem 2.5rem 6rem;min-width:0}
h1{margin:0 0 .2rem;font-size:1.7rem}h2.tag{margin:3rem 0 .2rem;font-size:1.35rem}
.lead{color:var(--soft);margin:0 0 1rem}
article{border-top:1px solid var(--line);padding:1.6rem 0 1rem;margin-top:1.2rem}
article h3{margin:0 0 .3rem;font-size:1.08rem}
.call{display:flex;gap:.6rem;align-items:baseline;flex-wrap:wrap;margin-bottom:.4rem}
.m{font:600 12px/1.6 ui-monospace,Menlo,Consolas,monospace;color:var(--mark)}
.m.POST{color:#2f7d32}.m.PUT{color:#9a5b00}.m.DELETE{color:#b3261e}
@media (prefers-color-scheme:dark){.m.POST{color:#83cf88}.m.PUT{color:#f0b35c}.m.DELETE{color:#f2918b}}
.call code{font-size:14px}.need{font-size:12.5px;color:var(--soft)}
h4{margin:1.1rem 0 .2rem;font-size:.9rem;color:var(--soft);font-weight:600}
.cols{display:grid;grid-template-columns:minmax(0,1.25fr) minmax(0,1fr);gap:0 1.6rem;align-items:start}
table{border-collapse:collapse;width:100%;font-size:13.5px;margin:.3rem 0}
table code{white-space:nowrap}
th,td{text-align:left;vertical-align:top;padding:.35rem .7rem .35rem 0;border-bottom:1px solid var(--line)}
th{color:var(--soft);font-weight:600}td p{margin:0}td.t{color:var(--soft);white-space:nowrap}
.d1{padding-left:1.1rem}.d2{padding-left:2.2rem}.d3{padding-left:3.3rem}
.req{color:#b3261e}@media (prefers-color-scheme:dark){.req{color:#f2918b}}
details{margin-top:.8rem}summary{cursor:pointer;color:var(--soft);font-size:.9rem}
@media (max-width:60rem){.page{display:block}nav{position:static;height:auto;border-right:0;border-bottom:1px solid var(--line)}main{padding:1.5rem 1.1rem 4rem}.cols{display:block}table{display:block;overflow-x:auto}}
`
