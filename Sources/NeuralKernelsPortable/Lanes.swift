// The kernels of the network: pointers and SIMD only. This one source is compiled three times, for
// AVX-512 (V4), for AVX2 (V3) and for any processor (Portable); NeuralKernels chooses at run time.
//
// One multiply-add, from memory to register and back (the convolution; Tile.swift):
//
//   1. A plane of the input is copied into a *slab*, a plane with a frame of zeros around it, so that
//      no inner loop asks where the border is. The copy applies what is pending on the values (batch
//      norm and ReLU of the layer before): LoadMaps.swift.
//   2. A *tile* of the output is `outputsPerTile` channels times two lanes of neighbouring voxels. Its
//      sums live in registers: 20 of the 32 that AVX-512 has.
//   3. For each input channel and each *tap* of the kernel (its offset in the slab), two lanes of the
//      slab are loaded, one weight is broadcast for each output channel, and two multiply-adds follow:
//      sum[o][lane] += weight[o] * slab[position + tap].  Twelve loads serve twenty multiply-adds, so
//      the multipliers never wait.
//   4. When all channels and taps are done, the sums are stored to the output, once.
//
// The gradient with respect to the input is the same tile with other taps. The gradient with respect
// to the weights (TapSums.swift) keeps the *weights'* sums in registers and streams the voxels.
//
// Rules of these files: no generics, no arrays, no classes, nothing that another module could share:
// a function that the linker merged would carry AVX-512 code to processors without it. Every integer
// step is `&+`/`&*`: sizes were checked before. `addingProduct` is one fused instruction where the
// processor has it; in the portable build for x86-64 it would be a call, so that build rounds twice.

#if KERNELS_V4
  typealias Lane = SIMD16<Float>
  typealias LaneBits = SIMD16<Int32>
  let laneCount = 16
#elseif KERNELS_V3
  typealias Lane = SIMD8<Float>
  typealias LaneBits = SIMD8<Int32>
  let laneCount = 8
#else
  typealias Lane = SIMD4<Float>
  typealias LaneBits = SIMD4<Int32>
  let laneCount = 4
#endif

typealias Source = UnsafePointer<Float>
typealias Target = UnsafeMutablePointer<Float>

@inline(__always) func load(_ address: Source) -> Lane {
  UnsafeRawPointer(address).loadUnaligned(as: Lane.self)
}

@inline(__always) func store(_ lane: Lane, _ address: Target) {
  UnsafeMutableRawPointer(address).storeBytes(of: lane, as: Lane.self)
}

/// `sum + first * second`.
@inline(__always) func multiplyAdd(_ sum: Lane, _ first: Lane, _ second: Lane) -> Lane {
  #if KERNELS_V4 || KERNELS_V3 || arch(arm64)
    sum.addingProduct(first, second)
  #else
    sum + first * second
  #endif
}

@inline(__always) func multiplyAdd(_ sum: Float, _ first: Float, _ second: Float) -> Float {
  #if KERNELS_V4 || KERNELS_V3 || arch(arm64)
    sum.addingProduct(first, second)
  #else
    sum + first * second
  #endif
}

@inline(__always) func larger(_ first: Lane, _ second: Lane) -> Lane {
  first.replacing(with: second, where: second .> first)
}

/// Lane by lane `first` where `isFirst`, else `second`.
@inline(__always) func choose(
  _ isFirst: SIMDMask<LaneBits>, _ first: Lane, _ second: Lane
) -> Lane {
  second.replacing(with: first, where: isFirst)
}

/// The sum of the lanes, always in the same order: halves onto halves.
@inline(__always) func total(_ lane: Lane) -> Float {
  #if KERNELS_V4
    let eight: SIMD8<Float> = lane.lowHalf + lane.highHalf
    let four: SIMD4<Float> = eight.lowHalf + eight.highHalf
  #elseif KERNELS_V3
    let four: SIMD4<Float> = lane.lowHalf + lane.highHalf
  #else
    let four: SIMD4<Float> = lane
  #endif
  let two: SIMD2<Float> = four.lowHalf + four.highHalf
  return two.x + two.y
}

/// The even and the odd elements of two lanes.
@inline(__always) func loadPairs(_ address: Source) -> (even: Lane, odd: Lane) {
  let (first, second): (Lane, Lane) = (load(address), load(address + laneCount))
  return (
    Lane(lowHalf: first.evenHalf, highHalf: second.evenHalf),
    Lane(lowHalf: first.oddHalf, highHalf: second.oddHalf)
  )
}

/// The inverse of ``loadPairs(_:)``.
@inline(__always) func storePairs(_ even: Lane, _ odd: Lane, _ address: Target) {
  var (first, second): (Lane, Lane) = (Lane.zero, Lane.zero)
  first.evenHalf = even.lowHalf
  first.oddHalf = odd.lowHalf
  second.evenHalf = even.highHalf
  second.oddHalf = odd.highHalf
  store(first, address)
  store(second, address + laneCount)
}
