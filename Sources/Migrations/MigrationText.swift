import AdapterCore
import Platform

/// The text of a migration's files.
enum MigrationText {
  /// A migration is written by people; more is a mistake, such as a dump put into the folder.
  private static let largestFile = 64 * 1024 * 1024

  /// A file's text, normalized; throws `data` for invalid UTF-8.
  static func read(_ path: String) throws(AdapterError) -> String {
    let file = try open(path)
    let descriptor = file.rawValue
    let count = (try? FileStatus(descriptor: descriptor))?.size ?? 0
    guard count <= largestFile else {
      throw AdapterError(
        .data, "\(path) is larger than \(largestFile >> 20) MiB",
        hint: "nb db exec -f runs SQL of any size; nb db load reads records")
    }
    return try make(path, capacity: count) { bytes throws(Errno) in
      var used = 0
      while used < bytes.count {
        let rest = UnsafeMutableRawBufferPointer(
          rebasing: UnsafeMutableRawBufferPointer(bytes)[used...])
        let count = try readSome(from: descriptor, into: rest)
        if count == 0 { break }
        used += count
      }
      return used
    }
  }

  private static func open(_ path: String) throws(AdapterError) -> FileDescriptor {
    do throws(Errno) {
      let file = try FileDescriptor.openForReading(path)
      if file.isDirectory { throw Errno.isDirectory }
      return file
    } catch {
      throw AdapterError(error, reading: path)
    }
  }

  /// The text without a byte order mark, with LF line ends and without white space at its end, so
  /// that what editors and git do to a file changes no checksum. Throws `data` for invalid UTF-8.
  static func normalize(_ bytes: [UInt8], file: String) throws(AdapterError) -> String {
    try make(file, capacity: bytes.count) { target throws(Errno) in
      _ = target.update(fromContentsOf: bytes)
      return bytes.count
    }
  }

  /// The texts of a pair as one with both sections, as the history keeps them.
  static func join(up: String, down: String?) -> (text: String, upOffset: Int, downOffset: Int) {
    var text = ""
    func append(_ part: String, _ direction: MigrationDirection) -> Int {
      // A file of a pair may have its marker, with an option, already.
      if !MigrationMarker.isDbmate(in: part) { text += "-- migrate:\(direction.rawValue)\n" }
      let offset = text.utf8.count
      text += part
      return offset
    }
    text.reserveCapacity(up.utf8.count + (down?.utf8.count ?? 0) + 64)
    let upOffset = append(up, .up)
    guard let down else { return (text, upOffset, 0) }
    text += "\n"
    let downOffset = append(down, .down)
    return (text, upOffset, downOffset)
  }

  /// Fills a string in place: the file is in memory once.
  private static func make(
    _ file: String, capacity: Int, _ fill: (UnsafeMutableBufferPointer<UInt8>) throws(Errno) -> Int
  ) throws(AdapterError) -> String {
    var failure: AdapterError?
    let text = String(unsafeUninitializedCapacity: capacity) { buffer in
      do throws(Errno) {
        let filled = UnsafeMutableBufferPointer(rebasing: buffer[..<(try fill(buffer))])
        let count = normalize(filled)
        let bytes = UnsafeBufferPointer(rebasing: filled[..<count])
        if UTF8Text.firstInvalidOffset(in: bytes) == nil { return count }
        failure = AdapterError(
          .data, "\(file) is not valid UTF-8", hint: "convert it, for example with iconv")
      } catch {
        failure = AdapterError(error, reading: file)
      }
      return 0
    }
    if let failure { throw failure }
    return text
  }

  /// Normalizes in place and returns how many bytes are left.
  private static func normalize(_ bytes: UnsafeMutableBufferPointer<UInt8>) -> Int {
    var start = 0
    while bytes[start...].starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }
    var end = bytes.count
    while end > start, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[end - 1]) { end -= 1 }
    var count = 0
    for index in start..<end {
      if bytes[index] == UInt8(ascii: "\n") {
        while count > 0, bytes[count - 1] == UInt8(ascii: "\r") { count -= 1 }
      }
      bytes[count] = bytes[index]
      count += 1
    }
    return count
  }
}
