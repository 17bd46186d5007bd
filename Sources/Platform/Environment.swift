import Glibc

/// The process's environment variables (getenv(3)).
public enum Environment {
  /// The variable's value; nil when it is not set.
  public static func value(_ name: String) -> String? {
    getenv(name).map { String(cString: $0) }
  }

  /// The variable's value; nil when it is not set or empty.
  public static func nonEmptyValue(_ name: String) -> String? {
    value(name).flatMap { $0.isEmpty ? nil : $0 }
  }
}
