// Copies the pinned browser libraries out of node_modules into static/vendor,
// builds one sprite of the icons the console uses, and writes static/VENDOR.md.
// The results are committed, so building the Go program needs no Node.
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const modules = join(here, "node_modules");
const vendor = join(here, "static", "vendor");

// from: path inside node_modules; to: path inside web/ .
const files = [
  { pkg: "@tabler/core", from: "dist/css/tabler.min.css", to: "static/vendor/tabler.min.css" },
  { pkg: "@tabler/core", from: "dist/js/tabler.min.js", to: "static/vendor/tabler.min.js" },
  { pkg: "htmx.org", from: "dist/htmx.min.js", to: "static/vendor/htmx.min.js" },
  // axe-core checks accessibility in the browser tests only; it is not served.
  { pkg: "axe-core", from: "axe.min.js", to: "../console/testdata/axe.min.js" },
];

// The icons that templates may name; see console/view/icon.go.
const icons = `
alert-triangle apps arrow-left ban bell books box box-off brand-alipay brand-wechat calendar cash check
chevron-left chevron-right circle-check circle-x clock coin copy credit-card eye
file-off filter flag hourglass info-circle key language layout-dashboard lock
logout map-pin menu-2 message minus moon note package receipt receipt-refund refresh
search shield-lock shopping-cart sun building-store trending-down trending-up truck-delivery user x
`.trim().split(/\s+/).sort();

const meta = (pkg) => JSON.parse(readFileSync(join(modules, pkg, "package.json"), "utf8"));
const sha256 = (data) => createHash("sha256").update(data).digest("hex");
const rows = [];

// Source maps are not shipped, so the comment naming them would only cause a 404.
const withoutMap = (text) => text.replace(/\n?(\/\*|\/\/)# sourceMappingURL=.*$/gm, "").trimEnd() + "\n";

rmSync(vendor, { recursive: true, force: true });
mkdirSync(vendor, { recursive: true });

for (const { pkg, from, to } of files) {
  const original = readFileSync(join(modules, pkg, from));
  const shipped = withoutMap(original.toString("utf8"));
  mkdirSync(dirname(join(here, to)), { recursive: true });
  writeFileSync(join(here, to), shipped);
  rows.push([to, pkg, meta(pkg).version, meta(pkg).license, from, sha256(original), sha256(shipped)]);
}

const symbols = icons.map((name) => {
  const svg = readFileSync(join(modules, "@tabler/icons/icons/outline", `${name}.svg`), "utf8");
  const body = svg.slice(svg.indexOf(">") + 1, svg.lastIndexOf("</svg>"))
    .replace(/<path stroke="none"[^>]*\/>/, "").replace(/\s*\n\s*/g, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${body}</symbol>`;
});
const sprite = `<svg xmlns="http://www.w3.org/2000/svg">\n${symbols.join("\n")}\n</svg>\n`;
writeFileSync(join(vendor, "icons.svg"), sprite);
rows.push(["static/vendor/icons.svg", "@tabler/icons", meta("@tabler/icons").version, meta("@tabler/icons").license,
  `${icons.length} of icons/outline`, "-", sha256(sprite)]);

const table = rows.map((r) => `| ${r.map((c, i) => (i >= 5 && c !== "-" ? `\`${c}\`` : c)).join(" | ")} |`).join("\n");
writeFileSync(join(here, "static", "VENDOR.md"), `# Vendored browser libraries

Written by \`make assets\` from \`web/package-lock.json\`; do not edit. "Original" is the
digest of the file inside the package, "shipped" that of our copy, which only lacks
the source map comment.

| file (in web/) | package | version | licence | source | sha256 original | sha256 shipped |
| --- | --- | --- | --- | --- | --- | --- |
${table}
`);
