import APIClient
import AdapterCore

/// The value of a profile's setting as a type; throws `config` with its place when it is none.
struct SettingValue {
  private let setting: Target.Setting

  init(_ setting: Target.Setting) { self.setting = setting }

  func duration() throws(AdapterError) -> Duration {
    guard let duration = Duration(nbText: setting.value) else {
      throw setting.error("\(setting.key) takes a duration such as 500ms, 30s or 5m")
    }
    return duration
  }

  func integer(_ range: ClosedRange<Int>) throws(AdapterError) -> Int {
    guard let number = Int(setting.value), range.contains(number) else {
      throw setting.error(
        "\(setting.key) takes a number from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }

  func byteSize() throws(AdapterError) -> Int {
    guard let size = ByteSize.parse(setting.value) else {
      throw setting.error("\(setting.key) takes a size such as 512, 10k or 5M")
    }
    return size
  }

  func boolean() throws(AdapterError) -> Bool {
    switch setting.value {
    case "true": return true
    case "false": return false
    default: throw setting.error("\(setting.key) takes true or false")
    }
  }

  /// Text that can stand in a header field.
  func fieldText() throws(AdapterError) -> String {
    guard HTTPHeaders.isValid(name: "X", value: setting.value) else {
      throw setting.error("\(setting.key) holds a control character")
    }
    return setting.value
  }
}
