import CTopoLoss
import TopoLossABI

/// Four made-up cells and a small network, as a C program would hand them over.
@safe final class CTrainer {
  static let pixels = 16 * 16
  var settings = """
    {"base_filters": 2, "epochs": 2, "batch_size": 2, "topological_resolution": 8}
    """
  var images = CCall(shape: [4, 16, 16])
  var masks = CCall(shape: [4, 16, 16])
  var objects = CCall(shape: [4, 64, 16, 16])
  var train: [Int64] = [0, 1, 2]
  var validation: [Int64] = [3]
  var test: [Int64] = []
  var cellsSize = unsafe MemoryLayout<topoloss_cells>.size
  var splitSize = unsafe MemoryLayout<topoloss_split>.size
  var names: [String]?
  var error = emptyError()
  /// Values of the elements; they stay where they are as long as this object lives.
  let imageValues: UnsafeMutableBufferPointer<Float>
  let maskValues: UnsafeMutableBufferPointer<UInt8>
  let objectValues: UnsafeMutableBufferPointer<UInt8>

  init() {
    unsafe imageValues = .allocate(capacity: 4 * Self.pixels)
    unsafe maskValues = .allocate(capacity: 4 * Self.pixels)
    unsafe objectValues = .allocate(capacity: 4 * 64 * Self.pixels)
    let noise = someValues(4 * Self.pixels, seed: 1)
    for i in 0..<4 * Self.pixels {
      let (y, x) = (i / 16 % 16, i % 16)
      let isInside = (4..<12).contains(y) && (4..<12).contains(x)
      unsafe imageValues[i] = Float(noise[i])
      unsafe maskValues[i] = isInside ? 255 : 0
      for z in 0..<64 {
        let place = (i / Self.pixels * 64 + z) * Self.pixels + i % Self.pixels
        unsafe objectValues[place] = isInside && (24..<40).contains(z) ? 255 : 0
      }
    }
    for part in [\CTrainer.masks, \CTrainer.objects] { self[keyPath: part].dtype = Int32(TOPOLOSS_UINT8) }
  }

  deinit {
    unsafe imageValues.deallocate()
    unsafe maskValues.deallocate()
    unsafe objectValues.deallocate()
  }

  var message: String {
    unsafe withUnsafeBytes(of: error.message) { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }

  /// Runs `body` with the cells, whose description lives that long.
  func withCells<Result>(_ body: (UnsafePointer<topoloss_cells>) -> Result) -> Result {
    unsafe images.withArray(imageValues.baseAddress) { images in
      unsafe masks.withArray(maskValues.baseAddress) { masks in
        unsafe objects.withArray(objectValues.baseAddress) { objects in
          var cells = unsafe topoloss_cells()
          unsafe cells.struct_size = cellsSize
          unsafe (cells.images, cells.masks, cells.objects) = (images, masks, objects)
          return unsafe withUnsafePointer(to: cells, body)
        }
      }
    }
  }

  func create(_ options: UnsafePointer<topoloss_run_options>? = nil) -> (topoloss_status, OpaquePointer?) {
    var handle: OpaquePointer?
    let status = unsafe withCells { cells in
      unsafe train.withUnsafeBufferPointer { train in
        unsafe validation.withUnsafeBufferPointer { validation in
          unsafe test.withUnsafeBufferPointer { test in
            var split = unsafe topoloss_split()
            unsafe split.struct_size = splitSize
            unsafe (split.train, split.train_count) = (train.baseAddress, Int64(train.count))
            unsafe split.validation = validation.baseAddress
            unsafe split.validation_count = Int64(validation.count)
            unsafe (split.test, split.test_count) = (test.baseAddress, Int64(test.count))
            return unsafe topoloss_training_create(settings, cells, &split, options, &handle, &error)
          }
        }
      }
    }
    return unsafe (status, handle)
  }

  func predict(_ model: OpaquePointer?) -> [Float] {
    var volumes = [Float](repeating: .nan, count: 4 * 64 * Self.pixels)
    let status = unsafe withCells {
      unsafe topoloss_model_predict(model, $0, nil, &volumes, &error)
    }
    return status == TOPOLOSS_OK ? volumes : []
  }
}

func emptyReport() -> topoloss_report {
  var report = topoloss_report()
  report.struct_size = MemoryLayout<topoloss_report>.size
  return report
}

/// A text that the library copies out by two calls; nil unless both keep the rules.
func copiedText(
  _ call: (UnsafeMutablePointer<CChar>?, Int64, UnsafeMutablePointer<Int64>?) -> topoloss_status
) -> String? {
  var length: Int64 = -1
  guard unsafe call(nil, 0, &length) == TOPOLOSS_OK, length >= 0 else { return nil }
  var text = [CChar](repeating: 1, count: Int(length) + 2)
  guard unsafe call(&text, length, nil) == TOPOLOSS_EBUFFER, text.allSatisfy({ $0 == 1 }),
    unsafe call(&text, length + 1, &length) == TOPOLOSS_OK, text[Int(length)] == 0, text[Int(length) + 1] == 1
  else { return nil }
  return String(decoding: text.prefix(Int(length)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
}

func log(of training: OpaquePointer?) -> String? {
  unsafe copiedText { unsafe topoloss_training_log(training, $0, $1, $2, nil) }
}
