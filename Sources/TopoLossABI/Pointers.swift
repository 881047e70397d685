internal import CTopoLoss

/// A caller's pointer, if there is one, to something that lies where its type may lie.
@unsafe
func aligned<Pointee>(
  _ pointer: UnsafePointer<Pointee>?, _ name: String
) throws(Failure) -> UnsafePointer<Pointee>? {
  guard UInt(bitPattern: pointer) % UInt(MemoryLayout<Pointee>.alignment) == 0 else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(name) is not aligned as its type is")
  }
  return unsafe pointer
}

/// The same for what the library writes.
@unsafe
func aligned<Pointee>(
  _ pointer: UnsafeMutablePointer<Pointee>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<Pointee>? {
  unsafe UnsafeMutablePointer(mutating: try aligned(UnsafePointer(pointer), name))
}

/// A caller's pointer, which must be there.
@unsafe
func needed<Pointee>(
  _ pointer: UnsafePointer<Pointee>?, _ name: String
) throws(Failure) -> UnsafePointer<Pointee> {
  guard let pointer = try unsafe aligned(pointer, name) else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(name) must not be NULL")
  }
  return unsafe pointer
}

/// The same for what the library writes.
@unsafe
func needed<Pointee>(
  _ pointer: UnsafeMutablePointer<Pointee>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<Pointee> {
  unsafe UnsafeMutablePointer(mutating: try needed(UnsafePointer(pointer), name))
}
