internal import CProcessor
internal import ComputeRuntime

extension FencedPointer {
  /// Asks for an element that will be needed soon. The loops over sorted cells jump through memory,
  /// and spend most of their time waiting for it otherwise.
  @inline(__always)
  func prefetch(_ index: Int) {
    unsafe cprocessor_prefetch(UnsafeRawPointer(pointer + index))
  }
}
