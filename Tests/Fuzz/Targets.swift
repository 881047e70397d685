// The targets that read files, called by fuzz.c. A result or a FileError of the right rows; a trap, a report of
// ASan, two seconds or 512 MiB end the fuzzer.
import ComputeRuntime
import Glibc
import NeuralNetwork
import SHAPR
import SHAPRFiles

/// The bytes as a file in memory, as long as it is kept.
private final class InputFile {
  let path: String

  init(_ bytes: UnsafePointer<UInt8>?, _ count: Int, _ end: String) {
    path = "/dev/shm/topoloss-fuzz-\(getpid()).\(end)"
    let file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    if count > 0 { write(file, bytes, count) }
    close(file)
  }

  deinit { unlink(path) }
}

/// What the promise allows: 64 MiB + 2 x file.
private func budget(_ count: Int) -> MemoryBudget { MemoryBudget(limit: UInt64(64 << 20 + 2 * count)) }

private func check(_ isRight: Bool, _ sentence: String) {
  if !isRight { fatalError(sentence) }
}

/// An error of a file that is there: of its content, in one line.
private func check(_ error: FileError) {
  let isOfContent =
    switch error.row {
    case .format, .unsupported, .checksum, .limit, .memory, .shape, .elementType, .path, .notANumber,
      .infinite,
      .range:
      true
    case .busy, .reading, .creating, .writing: false
    }
  check(isOfContent && !error.description.contains("\n"), "\(error.row): \(error)")
}

private func readImage(_ bytes: UnsafePointer<UInt8>?, _ count: Int, _ end: String) {
  let file = InputFile(bytes, count, end)
  do throws(FileError) {
    let array = try PixelArray.read(file.path, budget: budget(count))
    check(array.count > 0, "an array without elements")
    let volume = try GreyVolume(file.path, budget: budget(count))
    check(volume.values.count == array.count, "another number of values")
    withExtendedLifetime(volume) {}
  } catch { check(error) }
  withExtendedLifetime(file) {}
}

@c public func fuzz_tiff(_ bytes: UnsafePointer<UInt8>?, _ count: Int) { readImage(bytes, count, "tif") }
@c public func fuzz_npy(_ bytes: UnsafePointer<UInt8>?, _ count: Int) { readImage(bytes, count, "npy") }
@c public func fuzz_png(_ bytes: UnsafePointer<UInt8>?, _ count: Int) { readImage(bytes, count, "png") }

@c public func fuzz_safetensors(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
  let file = InputFile(bytes, count, "safetensors")
  let budget = budget(count)
  for checksums in [CheckpointFile.Checksums.whenPresent, .required] {
    do throws(FileError) {
      let checkpoint = try CheckpointFile(path: file.path, checksums: checksums, budget: budget)
      for name in checkpoint.metadataNames { check(checkpoint.metadata(name) != nil, "a text is gone") }
      for name in checkpoint.names { readTensor(checkpoint, name, budget) }
    } catch { check(error) }
  }
  withExtendedLifetime(file) {}
}

private func readTensor(_ checkpoint: CheckpointFile, _ name: String, _ budget: MemoryBudget) {
  guard let shape = checkpoint.shape(of: name) else { fatalError("a tensor is gone") }
  let count = shape.reduce(1, *)
  guard count <= 1 << 20 else { return }
  do throws(FileError) {
    if let values = try? Scratch<Float>(count: count, budget: budget) {
      try checkpoint.copyFloats(name, shape: shape, into: values.cells)
    }
  } catch { check(error) }
  do throws(FileError) {
    if let values = try? Scratch<Int64>(count: count, budget: budget) {
      try checkpoint.copyIntegers(name, shape: shape, into: values.cells)
    }
  } catch { check(error) }
}

private func text(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> String {
  String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
}

@c public func fuzz_settings(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
  var settings = Settings()
  do throws(SettingsError) { try settings.apply(text(bytes, count)) } catch {
    check(!error.description.contains("\n"), "\(error)")
    return
  }
  var again = Settings()
  do throws(SettingsError) { try again.apply(settings.json) } catch {
    fatalError("its own settings: \(error)")
  }
  check(again.json == settings.json, "settings are not what was written")
}

@c public func fuzz_split(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
  do throws(FileError) {
    _ = try SplitFile(text(bytes, count), path: "split.json").split(of: ["a", "b", "c1", "d.tif"])
  } catch { check(error) }
}

@c public func fuzz_scores(_ bytes: UnsafePointer<UInt8>?, _ count: Int) {
  guard let memory = try? Scratch<UInt8>(count: max(1, count), budget: MemoryBudget()) else { return }
  for place in 0..<count { memory.cells[place] = bytes?[place] ?? 0 }
  do throws(ScoresError) {
    let scores = try Scores(csv: memory.cells.prefix(count), file: "scores.csv")
    let comparison = try? Comparison([.init(title: "x", baseline: scores, candidate: scores)], seed: 0)
    _ = (comparison?.text, comparison?.csv, comparison?.markdown)
  } catch { check(!error.description.contains("\n"), "\(error)") }
  withExtendedLifetime(memory) {}
}
