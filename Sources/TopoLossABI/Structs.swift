internal import CTopoLoss

/// The fields of a struct that a caller filled.
///
/// - Parameters:
///   - type: its name in C; all such structs begin with `struct_size`, and no more is read before that is checked.
///   - hint: what to do about a size that is too small.
@unsafe
func fields<Struct>(
  of given: UnsafePointer<Struct>, _ type: String, hint: String = ""
) throws(Failure) -> Struct {
  let given = try unsafe needed(given, type)
  let size = unsafe UnsafeRawPointer(given).load(as: Int.self)
  guard size >= MemoryLayout<Struct>.size else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(type).struct_size is too small\(hint)")
  }
  return unsafe given.pointee
}

/// The fields of an options struct, which a function of the interface fills first.
@unsafe
func fields<Struct>(ofOptions given: UnsafePointer<Struct>, _ type: String) throws(Failure) -> Struct {
  try unsafe fields(of: given, type, hint: ": use \(type)_init")
}
