import Glibc

/// `base` to the power `exponent`; squares are exact to the last bit, as in the formula `x * x`.
func power(_ base: Double, _ exponent: Double) -> Double {
  switch exponent {
  case 1: base
  case 2: base * base
  case 0.5: base.squareRoot()
  default: pow(base, exponent)
  }
}
