import APIClient
import AdapterCore

extension Target.Setting {
  func byteSize() throws(AdapterError) -> Int {
    guard let size = ByteSize.parse(value) else {
      throw error("\(key) takes a size such as 512, 10k or 5M, not '\(value)'")
    }
    return size
  }

  /// Text that can stand in a header field.
  func fieldText() throws(AdapterError) -> String {
    guard HTTPHeaders.isValid(name: "X", value: value) else {
      throw error("\(key) holds a control character")
    }
    return value
  }
}
