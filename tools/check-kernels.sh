#!/usr/bin/env bash
# The kernels are compiled for three instruction sets and linked into one library. A function that two
# of them shared would carry, say, AVX-512 code to a processor without it: the linker keeps one copy of
# what is shared. So every symbol that a kernel module defines must be its own, and it must not call
# generic code of the standard library either, which would be slow.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=.build-python
"${SWIFT:-swift}" build -c release --target NeuralKernels --scratch-path "$scratch" > /dev/null

checked=0
for module in NeuralKernelsPortable NeuralKernelsV3 NeuralKernelsV4; do
  for object in "$scratch"/release/"$module".build/*.o; do
    foreign=$(nm "$object" | awk 'NF == 3 && $2 ~ /^[A-Z]$/ { print $3 } $1 == "U" && $2 ~ /^\$s/ { print $2 }' |
      grep -v -e "^\$s${#module}$module" -e '^__swift_reflection_version$' || true)
    if [ -n "$foreign" ]; then
      echo "check-kernels: $object shares or calls what is not its module's own:" >&2
      echo "$foreign" | "${SWIFT:-swift}" demangle >&2 || echo "$foreign" >&2
      exit 1
    fi
    checked=$((checked + 1))
  done
done
[ "$checked" -ge 3 ] || { echo "check-kernels: no object files in $scratch" >&2; exit 1; }
if [ "$(uname -m)" = x86_64 ]; then
  objdump -d "$scratch"/release/NeuralKernelsPortable.build/*.o | grep '%[yz]mm' > /dev/null &&
    { echo "check-kernels: the portable kernels use AVX" >&2; exit 1; }
  objdump -d "$scratch"/release/NeuralKernelsV3.build/*.o | grep '%zmm' > /dev/null &&
    { echo "check-kernels: the AVX2 kernels use AVX-512" >&2; exit 1; }
fi
echo "check-kernels: $checked object files of three instruction sets share no code"
