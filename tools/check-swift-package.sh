#!/usr/bin/env bash
# The Swift door, as a stranger meets it: a package of its own that depends on this one by version.
#
# A copy of the project's files becomes a repository with one commit, tagged with the version of topoloss.h;
# examples/swift is built against it by URL, run, and its output compared.
set -euo pipefail
cd "$(dirname "$0")/.."
stop() { echo "check-swift-package: $*" >&2; exit 1; }

swift=${SWIFT:-swift}
scratch=$PWD/.build-swift-package
origin=$scratch/origin/topoloss  # its URL stays the same, so that a second run compiles little
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

version=$(sed -n 's/.*VERSION_[MP][AI][A-Z]* \([0-9]*\)$/\1/p' Sources/CTopoLoss/include/topoloss.h | paste -sd .)
grep -q "from: \"$version\"" examples/swift/Package.swift || stop "examples/swift/Package.swift does not ask for $version"

# What is tracked or new, as it is now: a change need not be committed to be checked.
rm -rf "$origin"
mkdir -p "$origin" "$work/cavities"
git ls-files -z --cached --others --exclude-standard |
  while IFS= read -r -d '' file; do [ ! -e "$file" ] || printf '%s\0' "$file"; done |
  tar -c --null -T - | tar -x -C "$origin"
# The same files give the same commit.
export GIT_AUTHOR_NAME=check GIT_AUTHOR_EMAIL=check@localhost GIT_AUTHOR_DATE=2000-01-01T00:00:00Z
export GIT_COMMITTER_NAME=check GIT_COMMITTER_EMAIL=check@localhost GIT_COMMITTER_DATE=2000-01-01T00:00:00Z
(cd "$origin" && git init --quiet && git add --all && git -c commit.gpgsign=false commit --quiet --message check &&
  git tag "$version")
commit=$(git -C "$origin" rev-parse HEAD)
if [ "$(git -C "$scratch/checkouts/topoloss" rev-parse HEAD 2> /dev/null)" != "$commit" ]; then
  # The tag has moved, which in the world outside it never does.
  rm -rf "$scratch"/{checkouts,repositories,workspace-state.json}
fi

cp -r examples/swift/{Package.swift,Sources} "$work/cavities"
export TOPOLOSS_URL=file://$origin
"$swift" build --package-path "$work/cavities" --scratch-path "$scratch" --security-path "$work/security" \
  > "$work/log" 2>&1 < /dev/null || { tail -n 40 "$work/log" >&2; stop "examples/swift does not build"; }
[ "$(git -C "$scratch/checkouts/topoloss" rev-parse HEAD)" = "$commit" ] || stop "another commit than $commit was built"

cat > "$work/expected" << 'TEXT'
step 0: 445 cavities, W_2 0.91
step 100: 1 cavities, W_2 0.03
step 200: 1 cavities, W_2 0.03
TEXT
"$scratch/debug/cavities" > "$work/printed" || stop "examples/swift failed"
diff "$work/expected" "$work/printed" >&2 || stop "examples/swift prints something else (right)"
echo "check-swift-package: examples/swift builds against version $version by URL, and finds its cavities"
