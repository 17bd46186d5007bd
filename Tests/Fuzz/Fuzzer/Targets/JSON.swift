import JSON

/// A JSON text: `parse` and `validate` agree, and what parses is the same after writing it, compact
/// or indented.
@Sendable func fuzzJSON(_ bytes: UnsafeBufferPointer<UInt8>) {
  do throws(JSONError) {
    let value = try JSONParser.parse(bytes)
    precondition(JSONParser.isValid(bytes), "parsed but not valid")
    let compact = try JSONParser.parse(value.text())
    let indented = try JSONParser.parse(value.text(pretty: true))
    precondition(compact == value && indented == value, "changed by writing")
  } catch {
    precondition(!JSONParser.isValid(bytes), "valid but not parsed: \(error.message)")
    precondition((0...bytes.count).contains(error.offset), "the fault lies outside the text")
  }
}
