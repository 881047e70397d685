#!/usr/bin/env bash
# Builds the program fuzz into .build-fuzz: the library's modules with AddressSanitizer and the coverage that
# libFuzzer reads, and the targets of this folder.
set -euo pipefail
cd "$(dirname "$0")/../.."

swift=${SWIFT:-swift}
scratch=.build-fuzz
# Nothing is linked here, so that the library needs no `main`.
for target in SHAPRFiles TopoLossABI; do
  "$swift" build -c release --scratch-path $scratch --sanitize address -Xswiftc -sanitize=fuzzer \
    -Xcc -fsanitize=fuzzer-no-link --target $target
done

modules=(ComputeRuntime CProcessor PersistentHomology OptimalTransport TopologicalLoss NeuralKernelsPortable
  NeuralKernelsV3 NeuralKernelsV4 NeuralKernels NeuralNetwork SHAPR SHAPRFiles CTopoLoss TopoLossABI)
objects=()
for module in "${modules[@]}"; do objects+=("$scratch/release/$module.build"/*.o); done
sanitizers=(-sanitize=fuzzer -sanitize=address)
tools=$(dirname "$(command -v "$swift")")
"$tools/clang" -std=c11 -Wall -Wextra -O1 -g -fsanitize=fuzzer-no-link,address -I Sources/CTopoLoss/include \
  -c Tests/Fuzz/fuzz.c -o $scratch/fuzz.o
maps=()
for map in Sources/{CTIFF,CPNG,CZlib}/module.modulemap $scratch/release/CProcessor.build/module.modulemap; do
  maps+=(-Xcc "-fmodule-map-file=$map")
done
"$swift"c -O -g -swift-version 6 -parse-as-library -module-name Fuzz "${sanitizers[@]}" \
  -I $scratch/release/Modules -use-ld=lld "${maps[@]}" \
  Tests/Fuzz/Targets.swift $scratch/fuzz.o "${objects[@]}" -ltiff -lpng -lz -o $scratch/fuzz
