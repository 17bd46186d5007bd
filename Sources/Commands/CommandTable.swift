import AdapterCore
import CLI

/// The one list of all commands. Help, man pages, completions and the reference are rendered
/// from it.
public enum CommandTable {
  /// The groups of commands, in the order of the help.
  static let groups: [GroupSpec] = [
    GroupSpec(
      "db", "Query, load, migrate, copy and back up SQL databases",
      description: [
        "The first argument names the database; see `nb help targets`. `query` cannot write, "
          + "`exec` and `load` are all or nothing, and a database that does not exist is made only "
          + "with `--create`."
      ]),
    GroupSpec(
      "db migrate", "Bring a database's schema from version to version",
      description: [
        "Migrations are SQL files whose names begin with a version. What ran, with a checksum of "
          + "it, is recorded in the database itself, so that every run knows what is pending and "
          + "whether a file was changed afterwards."
      ]),
    GroupSpec(
      "db partition", "List, add and drop the partitions of tables",
      description: [
        "Range partitions of PostgreSQL, MariaDB and MySQL: `add` with `--every` and `drop` with "
          + "`--older-than` are made for a job that runs daily."
      ]),
    GroupSpec(
      "api", "Send requests to HTTP APIs",
      description: [
        "The first argument is a URL, or a profile with a `base_url` and a path. A status of 400 or "
          + "more is an error; what may be sent again is, with a growing wait."
      ]),
    GroupSpec(
      "api cache", "Look at the cache of responses, and empty it",
      description: [
        "A profile with `cache = true`, and `--cache`, keep responses in `$XDG_CACHE_HOME/nb/http` and "
          + "answer from them as RFC 9111 allows a private cache to."
      ]),
    GroupSpec(
      "queue", "Publish messages and work them off",
      description: [
        "The first argument names the broker: a path is an SQLite file that holds queues. A message "
          + "that was accepted is handed out until somebody is done with it: none is lost, and one "
          + "may come twice."
      ]),
    GroupSpec(
      "queue dead", "Look at messages that were given up, and try them again",
      description: [
        "A message becomes a dead letter when its attempts are used up, when its command says that "
          + "it is at fault, and when it expires."
      ]),
    GroupSpec(
      "config", "Show and change nb's configuration",
      description: [
        "Settings come from flags, variables, the project's nb.toml and the user's own file; see "
          + "`nb help configuration`."
      ]),
  ]

  /// Every command with the words that call it, in the order of the help. The words repeat
  /// `spec.path`, so that finding a command builds no spec.
  static let commands: [(name: String, type: any Command.Type)] = [
    ("db query", QueryCommand.self),
    ("db exec", ExecCommand.self),
    ("db load", LoadCommand.self),
    ("db copy", CopyCommand.self),
    ("db schema", SchemaCommand.self),
    ("db schema diff", SchemaDiffCommand.self),
    ("db index", IndexCommand.self),
    ("db partition list", PartitionListCommand.self),
    ("db partition add", PartitionAddCommand.self),
    ("db partition drop", PartitionDropCommand.self),
    ("db search", SearchCommand.self),
    ("db backup", BackupCommand.self),
    ("db restore", RestoreCommand.self),
    ("db stats", StatsCommand.self),
    ("db ping", PingCommand.self),
    ("db migrate new", MigrateNewCommand.self),
    ("db migrate up", MigrateUpCommand.self),
    ("db migrate down", MigrateDownCommand.self),
    ("db migrate redo", MigrateRedoCommand.self),
    ("db migrate to", MigrateToCommand.self),
    ("db migrate status", MigrateStatusCommand.self),
    ("db migrate plan", MigratePlanCommand.self),
    ("db migrate verify", MigrateVerifyCommand.self),
    ("db migrate repair", MigrateRepairCommand.self),
    ("db migrate adopt", MigrateAdoptCommand.self),
    ("db migrate dump", MigrateDumpCommand.self),
    ("api get", APIGetCommand.self),
    ("api post", APIPostCommand.self),
    ("api put", APIPutCommand.self),
    ("api patch", APIPatchCommand.self),
    ("api delete", APIDeleteCommand.self),
    ("api head", APIHeadCommand.self),
    ("api options", APIOptionsCommand.self),
    ("api batch", APIBatchCommand.self),
    ("api cache stats", CacheStatsCommand.self),
    ("api cache clear", CacheClearCommand.self),
    ("queue publish", PublishCommand.self),
    ("queue consume", ConsumeCommand.self),
    ("queue peek", PeekCommand.self),
    ("queue stats", QueueStatsCommand.self),
    ("queue list", QueueListCommand.self),
    ("queue create", QueueCreateCommand.self),
    ("queue purge", QueuePurgeCommand.self),
    ("queue delete", QueueDeleteCommand.self),
    ("queue call", CallCommand.self),
    ("queue move", MoveCommand.self),
    ("queue tap", TapCommand.self),
    ("queue record", RecordCommand.self),
    ("queue replay", ReplayCommand.self),
    ("queue caps", QueueCapsCommand.self),
    ("queue dead list", DeadListCommand.self),
    ("queue dead show", DeadShowCommand.self),
    ("queue dead replay", DeadReplayCommand.self),
    ("queue dead purge", DeadPurgeCommand.self),
    ("config list", ConfigListCommand.self),
    ("config get", ConfigGetCommand.self),
    ("config set", ConfigSetCommand.self),
    ("config unset", ConfigUnsetCommand.self),
    ("config explain", ConfigExplainCommand.self),
    ("config path", ConfigPathCommand.self),
    ("doctor", DoctorCommand.self),
    ("help", HelpCommand.self),
    ("__complete", CompleteCommand.self),
    ("__render", RenderCommand.self),
  ]

  /// The interfaces of all commands.
  public static let catalog = CommandCatalog(
    groups: groups,
    entries: commands.map { command in
      CommandCatalog.Entry(command.name) { command.type.spec }
    })

  /// The command that `invocation` calls.
  static func command(for invocation: Invocation) -> (any Command.Type)? {
    let name = invocation.spec.path.joined(separator: " ")
    return commands.first { $0.name == name }?.type
  }
}
