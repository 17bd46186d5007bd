// Drives the Terminal module on behalf of TerminalTests, which watch it from the other end of a
// pseudo-terminal. `nb-terminal-probe SCENE [SECONDS]`.

import AdapterCore
import Platform
import Terminal

let arguments = CommandLine.arguments
let scene = arguments.count > 1 ? arguments[1] : ""
let seconds = arguments.count > 2 ? Double(arguments[2]) ?? 1 : 1

/// Options from variables, as a command makes them from flags.
func options() -> ProgressOptions {
  var options = ProgressOptions()
  options.mode = Environment.value("PROBE_MODE").flatMap { .init(rawValue: $0) } ?? .auto
  options.style = Environment.value("PROBE_STYLE").flatMap { .init(rawValue: $0) } ?? .auto
  options.interval = Environment.value("PROBE_INTERVAL").flatMap { Duration(nbText: $0) }
  options.isQuiet = Environment.value("PROBE_QUIET") != nil
  return options
}

/// Watches signals and PROBE_TIMEOUT, unless PROBE_UNWATCHED is set.
func makeCancellation() -> Cancellation {
  if Environment.value("PROBE_UNWATCHED") != nil { return Cancellation() }
  let limit = Environment.value("PROBE_TIMEOUT").flatMap { Duration(nbText: $0) }
  do throws(AdapterError) {
    return try CancellationWatcher.start(deadline: limit.map { Deadline.after($0) } ?? .never)
  } catch {
    exitProcess(error.kind.exitStatus)
  }
}

let terminal = Terminal()
let status = StatusArea(terminal: terminal)
let cancellation = makeCancellation()
let operation = OperationContext(cancellation: cancellation, note: { status.note($0) })

func fail(_ error: AdapterError) -> Never {
  if case .signal(let number) = cancellation.reason { dieBySignal(number) }
  status.note("probe: \(error.message)")
  exitProcess(error.kind.exitStatus)
}

/// Advances a task from 0 to 1000 in `seconds`, in many small steps.
func work(_ task: ProgressTask, for seconds: Double) throws(AdapterError) {
  let start = MonotonicInstant.now
  while true {
    try cancellation.check()
    let passed = MonotonicInstant.now.since(start).inSeconds
    if passed >= seconds { break }
    task.update(to: Int(passed / seconds * 1000))
  }
  task.update(to: 1000)
}

func run(_ scene: String) throws(AdapterError) {
  let progress = ProgressReporter(
    options(), terminal: terminal, status: status, cancellation: cancellation)
  defer { progress.finish() }
  switch scene {
  case "bar":
    let task = progress.start("load people.csv", total: 1000, unit: .rows, keepsLine: true)
    try work(task, for: seconds)
    task.finish()
  case "cleared":
    let task = progress.start("load people.csv", total: 1000, unit: .rows)
    try work(task, for: seconds)
    task.finish()
  case "several":
    let tasks = ["alpha", "beta", "gamma"].map { progress.start($0, total: 1000, unit: .bytes) }
    let endless = progress.start("delta", unit: .rows)
    tasks[0].update(to: 500)
    endless.advance(by: 42)
    try work(tasks[1], for: seconds)
  case "stalled":
    _ = progress.start("waiting")
    try operation.sleep(for: .nanoseconds(Int64(seconds * 1e9)))
  case "notes":
    let task = progress.start("copy", total: 1000)
    task.update(to: 250)
    for number in 1...3 {
      try operation.sleep(for: .milliseconds(400))
      operation.note("note \(number)\u{1B}[31m")
    }
    try operation.sleep(for: .nanoseconds(Int64(seconds * 1e9)))
  case "stuck":
    // Ignores the cancellation, as a library that blocks does.
    _ = progress.start("stuck", total: 100)
    let deaf = OperationContext()
    while !cancellation.isCancelled { try deaf.sleep(for: .milliseconds(10)) }
    operation.note("still stuck")
    while true { try deaf.sleep(for: .seconds(1)) }
  case "trap":
    _ = progress.start("about to trap", total: 100)
    try operation.sleep(for: .milliseconds(500))
    fatalError("on purpose")
  case "colors":
    let output = OutputBuffer(descriptor: 1)
    for stream in [Terminal.Stream.output, .errors] {
      output.append("\(stream)=\(terminal.style(stream).isEnabled)\n")
    }
    try? output.flush()
  default: throw AdapterError(.usage, "unknown scene '\(scene)'")
  }
}

SignalDisposition.ignoreFailedWrites()
do throws(AdapterError) {
  try run(scene)
  exitProcess(0)
} catch {
  fail(error)
}
