import AdapterCore
import CLI
import Platform
import Terminal

/// What a command runs with; made once in `Program`.
public final class CommandContext {
  public let operation: OperationContext
  /// stdout: data only.
  public let output: OutputBuffer
  /// The values of the global flags.
  public let globals: GlobalOptions
  /// The settings beyond the flags; files are read when the first of them is asked for.
  public let configuration: Configuration
  public let terminal: Terminal
  /// stderr for a person: notes above, progress below.
  public let status: StatusArea
  private var addresses: [KnownAddress] = []

  /// A target that was resolved. One or two of them: an array starts sooner than a dictionary.
  private struct KnownAddress {
    var target: String
    var address: Target.Address
  }

  public init(
    operation: OperationContext, output: OutputBuffer, globals: GlobalOptions,
    configuration: Configuration, terminal: Terminal, status: StatusArea
  ) {
    self.operation = operation
    self.output = output
    self.globals = globals
    self.configuration = configuration
    self.terminal = terminal
    self.status = status
  }

  /// The address that a target on the command line names, profiles and secrets resolved: once for
  /// each, since a secret may cost a command or a question.
  func address(of target: String) throws(AdapterError) -> Target.Address {
    if let known = addresses.first(where: { $0.target == target }) { return known.address }
    let address = try configuration.address(of: target, operation)
    addresses.append(KnownAddress(target: target, address: address))
    return address
  }

  /// A target for messages: as it was typed, without secrets.
  static func shown(_ target: String) -> String {
    guard let parsed = try? Target.parse(target) else { return target }
    // A path that needs ./ before it keeps it.
    if case .address(let address) = parsed, address.password == nil, address.settings.isEmpty {
      return target
    }
    return parsed.redacted
  }

  /// The error with a hint that can be typed: what an adapter calls by its address is the profile that
  /// the command line named.
  func worded(_ error: AdapterError) -> AdapterError {
    guard var hint = error.hint else { return error }
    for known in addresses where known.target.hasPrefix("@") {
      var bare = known.address
      bare.settings = []
      guard !bare.redacted.isEmpty, let range = hint.firstRange(of: " " + bare.redacted) else {
        continue
      }
      // Which of its settings the adapter was given, and shows, is not known here.
      let rest = hint[range.upperBound...]
      let settings = rest.first == "?" ? rest.prefix { !" `".contains($0) } : rest.prefix(0)
      guard settings.endIndex == hint.endIndex || " `".contains(hint[settings.endIndex]) else {
        continue
      }
      hint.replaceSubrange(range.lowerBound..<settings.endIndex, with: " " + known.target)
    }
    var error = error
    error.hint = hint
    return error
  }
}
