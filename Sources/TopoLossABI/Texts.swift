internal import CTopoLoss

/// A caller's text as Swift has it.
@unsafe
func string(_ text: UnsafePointer<CChar>?, _ name: String) throws(Failure) -> String {
  guard let text = unsafe text else { throw Failure(TOPOLOSS_EARGUMENT, "\(name) must not be NULL") }
  guard let string = unsafe String(validatingCString: text) else {
    throw Failure(TOPOLOSS_EARGUMENT, "\(name) is not UTF-8")
  }
  return string
}

/// A caller's names, if there are any.
@unsafe
func strings(
  _ texts: UnsafePointer<UnsafePointer<CChar>?>?, count: Int, _ name: String
) throws(Failure) -> [String]? {
  guard let texts = try unsafe aligned(texts, name) else { return nil }
  var strings: [String] = []
  for index in 0..<count { strings.append(try unsafe string(texts[index], "\(name)[\(index)]")) }
  return strings
}

/// A caller's buffer for a text, filled by two calls.
@safe struct TextBuffer {
  private let text: UnsafeMutablePointer<CChar>?
  private let capacity: Int64
  private let length: UnsafeMutablePointer<Int64>?

  @unsafe
  init(
    _ text: UnsafeMutablePointer<CChar>?, _ capacity: Int64, _ length: UnsafeMutablePointer<Int64>?
  ) {
    unsafe (self.text, self.capacity, self.length) = (text, capacity, length)
  }

  /// Writes the text with a NUL behind it, and its length.
  @unsafe
  func write(_ string: String) throws(Failure) {
    let count = string.utf8.count
    if let length = try unsafe aligned(length, "length") { unsafe length.pointee = Int64(count) }
    guard let text = unsafe text else { return }
    guard capacity > count else {
      throw Failure(TOPOLOSS_EBUFFER, "room for \(capacity) bytes, \(count + 1) needed")
    }
    for (place, byte) in string.utf8.enumerated() { unsafe text[place] = CChar(bitPattern: byte) }
    unsafe text[count] = 0
  }
}
