import NeuralNetwork

@testable import SHAPRFiles

extension CraftedFile {
  /// An NPY file with this header and as many bytes of zeros.
  static func npy(
    _ name: String, _ header: String, _ row: FileError.Row?, _ reason: String, data: Int = 24,
    version: [UInt8] = [1, 0], length: Int? = nil
  ) -> CraftedFile {
    let text = Array(header.utf8)
    let count = length ?? text.count
    let bytes = (0..<(version[0] == 1 ? 2 : 4)).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) }
    return CraftedFile(
      name: name + ".npy",
      bytes: [0x93] + Array("NUMPY".utf8) + version + bytes + text + [UInt8](repeating: 0, count: data),
      row: row,
      reason: reason)
  }

  private static func header(_ type: String = "<f4", _ order: String = "False", _ shape: String = "(2, 3)")
    -> String
  {
    "{'descr': '\(type)', 'fortran_order': \(order), 'shape': \(shape), }\n"
  }

  static let npys: [CraftedFile] = [
    npy("plain", header(), nil, ""),
    npy("double quotes, no comma", #"{"descr":"<f4","fortran_order":False,"shape":(2,3)}"#, nil, ""),
    npy("other order", "{'shape': (2, 3), 'descr': '<f4', 'fortran_order': True}", nil, ""),
    CraftedFile(name: "cut.npy", bytes: [0x93] + Array("NUM".utf8), row: .format, reason: "not an NPY file"),
    CraftedFile(
      name: "cut in version.npy", bytes: [0x93] + Array("NUMPY".utf8) + [1], row: .format,
      reason: "ends in its header"),
    CraftedFile(
      name: "cut in length.npy", bytes: [0x93] + Array("NUMPY".utf8) + [2, 0, 1], row: .format,
      reason: "ends in its header"),
    CraftedFile(name: "empty.npy", bytes: [], row: .format, reason: "is empty"),
    CraftedFile(
      name: "pickle.npy", bytes: [0x80, 4, 0x95, 0, 0, 0, 0, 0, 0, 0, 0, 0x2E], row: .format,
      reason: "not an NPY file"),
    npy(
      "3 GB header in a small file", "", .limit, "3221225472 bytes", data: 0, version: [2, 0], length: 3 << 30
    ),
    npy("4 GiB header", "", .limit, "4294967295 bytes", data: 0, version: [3, 0], length: 0xFFFF_FFFF),
    npy("header longer than file", header(), .format, "ends in its header", data: 0, length: 5000),
    npy("version 0", header(), .unsupported, "version 0.0", version: [0, 0]),
    npy("version 9.1", header(), .unsupported, "version 9.1", version: [9, 1]),
    npy("object", header("|O"), .elementType, "type '|O'"),
    npy("text", header("<U5"), .elementType, "type '<U5'"),
    npy("complex", header("<c8"), .elementType, "type '<c8'"),
    npy("date", header("<M8[ns]"), .elementType, "type '<M8[ns]'"),
    npy("long double", header("<f16"), .elementType, "type '<f16'"),
    npy(
      "record", "{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (2, 3), }", .elementType,
      "several parts"),
    npy("no byte order", header("|f4"), .format, "no byte order"),
    npy("native byte order", header("=f4"), .format, "no byte order"),
    npy("empty type", header(""), .elementType, "type ''"),
    npy("fortran_order 1", header("<f4", "1"), .format, "neither True nor False"),
    npy("shape of one number", header("<f4", "False", "(6)"), .format, "not a tuple"),
    npy(
      "shape without end", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3", .format, "no ')' here"),
    npy("list as shape", header("<f4", "False", "[2, 3]"), .format, "no '(' here"),
    npy("negative axis", header("<f4", "False", "(-2, 3)"), .format, "not a number"),
    npy("axis of 2.0", header("<f4", "False", "(2.0, 3)"), .format, "not a tuple"),
    npy("old long", header("<f4", "False", "(2L, 3L)"), .format, "not a tuple"),
    npy("0-d", header("<f4", "False", "()"), .shape, "0 axes"),
    npy("1-d", header("<f4", "False", "(6,)"), .shape, "1 axes"),
    npy("4-d", header("<f4", "False", "(1, 1, 2, 3)"), .shape, "4 axes"),
    npy("33-d", header("<f4", "False", "(" + String(repeating: "1, ", count: 33) + ")"), .shape, "32 axes"),
    npy("axis of 0", header("<f4", "False", "(0, 3)"), .shape, "no voxels", data: 0),
    npy(
      "product beyond 2^64", header("<f4", "False", "(4294967296, 4294967296, 4)"), .limit,
      "more than the limit"),
    npy("product beyond 2^31", header("<f4", "False", "(2097152, 2097152)"), .limit, "more voxels"),
    npy("more than 4 GiB", header("<f8", "False", "(1000, 1000, 1000)"), .limit, "bytes"),
    npy("axis beyond 2^63", header("<f4", "False", "(99999999999999999999, 3)"), .limit, "beyond 64 bits"),
    npy(
      "1 GB promised", header("<f4", "False", "(500, 500, 1000)"), .format, "1000000000 bytes, but 24 follow"),
    npy("one byte too few", header(), .format, "24 bytes, but 23 follow", data: 23),
    npy("one byte too many", header(), .format, "24 bytes, but 25 follow", data: 25),
    npy(
      "key twice", "{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", .format,
      "too many"),
    npy(
      "unknown key", "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", .format, "too many"),
    npy("key missing", "{'descr': '<f4', 'shape': (2, 3), }", .format, "lacks one of"),
    npy("something behind", header() + "x", .format, "behind its dictionary"),
    npy("code", "__import__('os').abort()", .format, "no '{' here"),
    npy(
      "escape", "{'de\\x73cr': '<f4', 'fortran_order': False, 'shape': (2, 3), }", .format, "strange letters"),
    npy("string without end", "{'descr", .format, "without end"),
    npy("only spaces", "      ", .format, "no '{' here"),
    npy("no header", "", .format, "no '{' here"),
    npy("brackets", String(repeating: "{", count: 60_000), .format, "no string here"),
  ]
}
