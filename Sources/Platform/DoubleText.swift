extension OutputBuffer {
  /// Appends the shortest digits that read back as the same number: `0.1`, `5.0`, `1e+16`, `-0.0`;
  /// `nan`, `inf` and `-inf` for what is not finite.
  public func append(_ value: Double) {
    var stream = BufferStream(output: self)
    value.write(to: &stream)
  }
}

/// Lets the standard library print into the buffer.
private struct BufferStream: TextOutputStream {
  let output: OutputBuffer

  mutating func write(_ string: String) { output.append(string) }

  // The standard library hands ASCII it has in a buffer of its own to this requirement; without it
  // each number would become a String first, on the heap when longer than 15 bytes.
  mutating func _writeASCII(_ buffer: UnsafeBufferPointer<UInt8>) { output.append(buffer) }
}
