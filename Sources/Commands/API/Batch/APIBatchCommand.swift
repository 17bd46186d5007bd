import AdapterCore
import CLI

/// `nb api batch`: many requests, many at a time.
enum APIBatchCommand: Command {
  static var spec: CommandSpec {
    CommandSpec(
      path: ["api", "batch"], summary: "Send many requests, NDJSON in and out",
      description: [
        """
        Each line of FILE, or of standard input, is a JSON object with `url`, or with `path` when a \
        target is named; and with `method` (GET), `query`, `headers`, `id` (any JSON of your own; the \
        line's number by default), and `body` (text, or JSON), `body_base64` or `body_file`. Requests \
        are read as they are sent: the input may be endless.
        """,
        """
        Each result is a line, as soon as it is known: `id`, `status`, `body` (JSON as JSON, text as a \
        string; `body_base64` for bytes), `attempts` and `ms`; and for what failed `error` and `kind`. \
        A status of 400 or more is a failure whose body is there all the same. No failure, and no line \
        that is no request, stops the others.
        """,
        """
        With --resume, what is done is noted in STATE; the same command does the rest, and sends what \
        failed once more. A POST or PATCH that an earlier run had sent without hearing its end is not \
        sent again, unless it has an Idempotency-Key.
        """,
      ],
      arguments: [
        ArgumentSpec(
          "TARGET", .optional, completion: .target,
          summary: "A URL or @PROFILE that paths stand below"),
        ArgumentSpec(
          "FILE", .optional, completion: .file(["ndjson", "jsonl"]),
          summary: "The requests; - or none: standard input"),
      ],
      flags: [
        APIFlags.jobs, APIFlags.ordered, APIFlags.resume, APIFlags.include, APIFlags.allowStatus,
        APIFlags.batchMaxSize, APIFlags.verbose, APIFlags.har,
      ] + APIFlags.credentials + APIFlags.connection + ProgressFlags.all,
      examples: [
        Example(
          "nb db query app.db \"select id, '/users/' || id as path from users\" -o ndjson | "
            + "nb api batch @api", "Rows become requests"),
        Example("nb api batch requests.ndjson --jobs 100 --ordered", "Whole URLs, in order"),
        Example("nb api batch @api requests.ndjson --resume run.state", "Goes on after Ctrl-C"),
      ],
      exitStatuses: [
        ExitStatusNote(1, "Requests failed"),
        ExitStatusNote(65, "Lines are no requests"),
        ExitStatusNote(73, "STATE belongs to another batch"),
        ExitStatusNote(75, "Requests failed, all of them by what may pass"),
      ])
  }

  static func options(
    from invocation: Invocation, _ context: CommandContext
  ) throws(AdapterError) -> APIBatchOptions {
    try APIBatchOptions(invocation, context)
  }

  static func run(_ options: APIBatchOptions, _ context: CommandContext) throws(AdapterError) {
    try APIBatchRun(options, context).run()
  }
}
