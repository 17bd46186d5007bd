import Platform

/// The whole program but for `exit`: argv → command → exit status.
public enum Program {
  public static let version = "0.1.0"

  public static func run(_ arguments: [String]) -> Int32 {
    let output = OutputBuffer(descriptor: 1)
    output.append("nb \(version)\n")
    try? output.flush()
    return 0
  }
}
