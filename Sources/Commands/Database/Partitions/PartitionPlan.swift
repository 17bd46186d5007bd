import AdapterCore
import Platform

/// Decides which partitions are missing. It changes nothing.
struct PartitionPlan {
  /// What is to be there.
  struct Request: Equatable {
    var from: String?
    var to: String?
    var every: PartitionPeriod?
    /// How many periods beyond the present one.
    var ahead: Int?
    var name: String?
  }

  /// More at once is a mistake, such as a day for a year.
  private static let limit = 1000

  let table: PartitionedTable
  let partitioning: any TablePartitioning
  /// Seconds since 1970.
  var now = secondsSince1970()

  private var scale: PartitionScale { PartitionScale(table: table) }

  /// The partitions to be made, in order; none when all are there.
  ///
  /// Throws `conflict` where one would overlap another, `usage` for a request that does not fit the
  /// key, `data` for a malformed bound.
  func missing(_ request: Request) throws(AdapterError) -> [NewPartition] {
    guard table.method == .range else {
      throw AdapterError(
        .unavailable,
        "'\(table.name.description)' is partitioned by \(table.method.rawValue), not by range",
        hint: "nb db exec runs the statement that it needs")
    }
    guard let every = request.every else {
      return try missing(try single(request), isPeriodic: false)
    }
    return try missing(try periods(every, request), isPeriodic: true)
  }

  // MARK: What is asked for

  private func single(_ request: Request) throws(AdapterError) -> [NewPartition] {
    guard let end = request.to else {
      throw AdapterError(.usage, "nothing says where the partition ends", hint: "give --to")
    }
    let to = try partitioning.canonicalBound(end, of: table)
    let newest = newestEnd
    var from = newest
    if let start = request.from { from = try partitioning.canonicalBound(start, of: table) }
    guard let from else {
      throw AdapterError(.usage, "nothing says where the partition begins", hint: "give --from")
    }
    guard table.isBound(from, before: to) else {
      if request.from == nil { return [] }
      throw AdapterError(.usage, "the partition ends at \(to), before it begins at \(from)")
    }
    return [NewPartition(name: request.name, from: from, to: to)]
  }

  private func periods(
    _ every: PartitionPeriod, _ request: Request
  ) throws(AdapterError) -> [NewPartition] {
    guard every.isOfTime == scale.isOfTime, scale.isOfTime || table.keyKind == .integer else {
      throw AdapterError(
        .usage, "the key \(table.key) cannot be divided that way",
        hint: scale.isOfTime
          ? "--every takes \(PartitionPeriod.words.joined(separator: ", "))"
          : table.keyKind == .integer ? "--every takes a number" : "give --from and --to")
    }
    if every == .hour, table.keyKind == .date {
      throw AdapterError(.usage, "a key of dates has no hours", hint: "--every day")
    }
    let end = try end(every, request)
    var cursor = try start(every, request)
    var ranges: [NewPartition] = []
    while cursor < end {
      let next = every.end(of: cursor)
      ranges.append(
        NewPartition(
          from: try partitioning.canonicalBound(scale.text(cursor), of: table),
          to: try partitioning.canonicalBound(scale.text(next), of: table)))
      cursor = next
      guard ranges.count <= Self.limit else {
        throw AdapterError(
          .usage, "that would be more than \(Self.limit) partitions from \(ranges[0].from) on",
          hint: "take a longer --every, or go there in steps with --to")
      }
    }
    return ranges
  }

  private func number(_ text: String) throws(AdapterError) -> Int64 {
    let bound = try partitioning.canonicalBound(text, of: table)
    if let number = scale.number(bound) { return number }
    throw AdapterError(.data, "'\(bound)' is no bound that periods can be counted from")
  }

  /// Where no gap may be, behind what is there.
  private func start(
    _ every: PartitionPeriod, _ request: Request
  ) throws(AdapterError) -> Int64 {
    if !partitioning.allowsGaps, let newest = newestEnd { return try number(newest) }
    if let from = request.from { return every.start(of: try number(from)) }
    if scale.isOfTime { return every.start(of: now) }
    guard let newest = newestEnd else {
      throw AdapterError(.usage, "nothing says where to begin", hint: "give --from")
    }
    return try number(newest)
  }

  private func end(_ every: PartitionPeriod, _ request: Request) throws(AdapterError) -> Int64 {
    if let to = request.to { return try number(to) }
    guard scale.isOfTime else {
      throw AdapterError(
        .usage, "nothing says where to end", hint: "--ahead counts in time; give --to")
    }
    var end = every.end(of: now)
    for _ in 0..<(request.ahead ?? 0) { end = every.end(of: end) }
    return end
  }

  // MARK: What is there

  /// Where the newest partition of a range ends; nil without one.
  private var newestEnd: String? {
    let ranges = table.partitions.filter { !$0.isDefault }.compactMap(\.range)
    guard case .value(let end)? = ranges.last?.to else { return nil }
    return end
  }

  private func missing(
    _ wanted: [NewPartition], isPeriodic: Bool
  ) throws(AdapterError) -> [NewPartition] {
    var missing: [NewPartition] = []
    for partition in wanted where try !isThere(partition, isPeriodic) { missing.append(partition) }
    if !partitioning.allowsGaps, let first = missing.first, let newest = newestEnd,
      first.from != newest
    {
      throw AdapterError(
        .conflict, "the partition must begin at \(newest), where the newest one ends",
        hint: "leave out --from")
    }
    return missing
  }

  private func isThere(
    _ wanted: NewPartition, _ isPeriodic: Bool
  ) throws(AdapterError) -> Bool {
    for other in table.partitions where !other.isDefault {
      guard let range = other.range else { continue }
      if range.from == .value(wanted.from), range.to == .value(wanted.to) { return true }
      let begins = isBefore(range.from, .value(wanted.to))
      guard begins, isBefore(.value(wanted.from), range.to) else { continue }
      let covers =
        !isBefore(.value(wanted.from), range.from)
        && !isBefore(range.to, .value(wanted.to))
      if isPeriodic, covers { return true }
      throw AdapterError(
        .conflict,
        "\(wanted.from) to \(wanted.to) overlaps the partition \(other.name.description), "
          + "\(range.from.text) to \(range.to.text)",
        hint: "nb db partition list shows the bounds")
    }
    return false
  }

  private func isBefore(_ first: TablePartition.Bound, _ second: TablePartition.Bound) -> Bool {
    switch (first, second) {
    case (.maximum, _), (_, .minimum): false
    case (.minimum, _), (_, .maximum): true
    case (.value(let first), .value(let second)): table.isBound(first, before: second)
    }
  }
}

extension TablePartition.Bound {
  /// As SQL names it.
  var text: String {
    switch self {
    case .minimum: "MINVALUE"
    case .maximum: "MAXVALUE"
    case .value(let text): text
    }
  }
}
