#!/usr/bin/env bash
# tools/docs-swift.sh OUTPUT: the reference of the product TopologicalLoss as a static site, made by the toolchain's DocC.
#
# No plugin is needed: the compiler writes the symbol graphs of modules that have been built.
#   SCRATCH  where the modules are, or are built (default .build-docs)
set -euo pipefail
cd "$(dirname "$0")/.."

output=${1:?usage: tools/docs-swift.sh OUTPUT}
swift=${SWIFT:-swift}
scratch=${SCRATCH:-.build-docs}
modules="PersistentHomology OptimalTransport TopologicalLoss"
tools=$(dirname "$(realpath "$(command -v "$swift")")")
[ -x "$tools/docc" ] || { echo "docs-swift: no docc beside $tools/swift" >&2; exit 1; }
PATH=$tools:$PATH

[ -n "${SCRATCH:-}" ] || "$swift" build -c release --target TopologicalLoss --scratch-path "$scratch"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

target=$("$swift" -print-target-info | sed -n 's/.*"triple": "\(.*\)",/\1/p' | head -n 1)
# Of the C targets that the modules import.
maps=()
for map in "$scratch"/release/*.build/module.modulemap; do maps+=(-Xcc "-fmodule-map-file=$map"); done
archives=()
for module in $modules; do
  mkdir -p "$work/$module"
  swift-symbolgraph-extract -module-name "$module" -target "$target" -I "$scratch/release/Modules" \
    -minimum-access-level public -skip-synthesized-members -output-dir "$work/$module" \
    "${maps[@]}" 2> "$work/log" || { cat "$work/log" >&2; exit 1; }
  catalogue=()
  [ ! -d "Sources/$module/$module.docc" ] || catalogue=("Sources/$module/$module.docc")
  docc convert "${catalogue[@]}" --additional-symbol-graph-dir "$work/$module" --fallback-display-name "$module" \
    --fallback-bundle-identifier "topoloss.$module" --warnings-as-errors --transform-for-static-hosting \
    --hosting-base-path swift --output-path "$work/$module.doccarchive"
  archives+=("$work/$module.doccarchive")
done
rm -rf "$output"
docc merge "${archives[@]}" --synthesized-landing-page-name topoloss --synthesized-landing-page-kind Package \
  --output-path "$output"
echo "docs-swift: $output"
