import AdapterCore
import CLI

/// `nb api get` and its kin: one request. Not one generic command: its metadata would be made at every
/// start.
protocol APIRequestCommand: Command where Options == APIRequestOptions {
  /// In capitals.
  static var method: String { get }
  static var summary: String { get }
  static var examples: [Example] { get }
}

extension APIRequestCommand {
  static var spec: CommandSpec {
    APIRequestSpec.make(method, summary: summary, examples: examples)
  }

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> APIRequestOptions {
    try APIRequestOptions(method: method, invocation, context)
  }

  static func run(
    _ options: APIRequestOptions, _ context: CommandContext
  ) throws(AdapterError) {
    try APIRequestRun(options, context).run()
  }
}

/// The interface that all methods share.
private enum APIRequestSpec {
  static func make(_ method: String, summary: String, examples: [Example]) -> CommandSpec {
    CommandSpec(
      path: ["api", method.lowercased()], summary: summary,
      description: [
        """
        The content of the response goes to stdout: unchanged into a pipe, laid out and coloured on \
        a terminal when it is JSON. A status of 400 or more is an error whose content is printed \
        all the same.
        """,
        """
        Items behind the URL make the request: name=text and name:=json are fields of the content, \
        name==text a parameter of the query, Header:value a header field, name@file an upload. \
        user[name]=Ada and tags[]=a nest. name=@file and name:=@file read the value from a file. A \
        backslash makes a separator a part of the name. The method depends on none of them.
        """,
      ],
      arguments: [
        ArgumentSpec("TARGET", completion: .target, summary: "A URL, @PROFILE or @PROFILE/PATH"),
        ArgumentSpec(
          "ITEM", .repeated, completion: .requestItem,
          summary: "/PATH of the profile first; then parts of the request"),
      ],
      flags: APIFlags.content + APIFlags.response + APIFlags.credentials + APIFlags.output
        + OutputFlags.all + APIFlags.connection + ProgressFlags.all,
      examples: examples,
      exitStatuses: [
        ExitStatusNote(1, "Any other status of 400 or more, or an expectation that is not met"),
        ExitStatusNote(
          65, "The content is larger than --max-size, or not what --select needs"),
        ExitStatusNote(66, "Status 404 or 410"), ExitStatusNote(69, "The server cannot be reached"),
        ExitStatusNote(73, "Status 409 or 412"),
        ExitStatusNote(75, "Status 408, 425, 429, 502, 503 or 504, or a connection that breaks"),
        ExitStatusNote(76, "What answers does not keep to HTTP"),
        ExitStatusNote(77, "Status 401, 403 or 407, or a certificate that is not good"),
        ExitStatusNote(124, "--timeout passed, or the wait of --until"),
      ])
  }
}
