import AdapterCore
import CLI

extension CommandContext {
  /// The value of a flag, otherwise of its key: the variable, the files, the default.
  ///
  /// Throws `config` for a variable or a file that is wrong.
  func setting(
    _ key: ConfigKey, _ flag: FlagSpec, _ invocation: Invocation
  ) throws(AdapterError) -> String? {
    if let given = invocation.string(flag) { return given }
    return try configuration.value(of: key)
  }

  /// The same for a duration; throws `usage` for a flag's value that is none.
  func duration(
    _ key: ConfigKey, _ flag: FlagSpec, _ invocation: Invocation
  ) throws(AdapterError) -> Duration? {
    if let given = try invocation.duration(flag) { return given }
    return try configuration.duration(key)
  }
}
