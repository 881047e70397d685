internal import NeuralKernelsPortable
internal import NeuralKernelsV3
internal import NeuralKernelsV4
public func probe(_ p: UnsafeMutablePointer<Float>) { unsafe NeuralKernelsV4.kernelProbe(p, p); unsafe NeuralKernelsV3.kernelProbe(p, p); unsafe NeuralKernelsPortable.kernelProbe(p, p) }
