// The kernels of the network: pointers and SIMD only.
public typealias Lane = SIMD16<Float>
public func kernelProbe(_ p: UnsafePointer<Float>, _ q: UnsafeMutablePointer<Float>) {
  let v: Lane = UnsafeRawPointer(p).loadUnaligned(as: Lane.self)
  UnsafeMutableRawPointer(q).storeBytes(of: v.addingProduct(v, v), as: Lane.self)
}
